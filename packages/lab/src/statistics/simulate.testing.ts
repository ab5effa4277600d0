import { foldIn, normalArray, uniformArray, type Key } from '@crossweave/core';

/** Two arms that are the same in truth, or one arm: what the statistics are held against. */
export interface Situation {
  readonly seeds: number;
  readonly queries: number;
  /** Standard deviation of a seed's effect on the logit of every query. */
  readonly seedSd: number;
  /** Logit of a query of middling difficulty. */
  readonly level: number;
}

/** How queries differ, and how a query differs from training to training; on the logit. */
const [querySd, restSd] = [2, 0.5];

/** Hits [seed][query] of `arms` equal arms on the same queries, each trained with its own luck. */
export function drawArms(from: Key, situation: Situation, arms: number): number[][][] {
  const { seeds, queries, seedSd, level } = situation;
  const difficulty = normalArray(foldIn(from, 'queries'), queries);
  return Array.from({ length: arms }, (_, arm) => {
    const own = foldIn(foldIn(from, 'arm'), arm);
    const effects = normalArray(foldIn(own, 'seeds'), seeds);
    return Array.from({ length: seeds }, (__, seed) => {
      const rest = normalArray(foldIn(foldIn(own, 'rest'), seed), queries);
      const draws = uniformArray(foldIn(foldIn(own, 'hits'), seed), queries);
      return Array.from(draws, (draw, q) => {
        const logit =
          level + querySd * difficulty[q]! + seedSd * effects[seed]! + restSd * rest[q]!;
        return draw < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
      });
    });
  });
}

/** The share of hits over all seeds and queries: the mean of the logistic of a normal variable. */
export function trueShare({ seedSd, level }: Situation): number {
  const sd = Math.sqrt(querySd ** 2 + restSd ** 2 + seedSd ** 2);
  let [sum, weights] = [0, 0];
  for (let z = -8; z <= 8; z += 0.001) {
    const weight = Math.exp((-z * z) / 2);
    weights += weight;
    sum += weight / (1 + Math.exp(-(level + sd * z)));
  }
  return sum / weights;
}
