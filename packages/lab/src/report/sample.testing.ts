import { foldIn, key, normalArray, uniformArray } from '@crossweave/core';
import type { AblationResults } from '../ablation/results';
import { summarise } from '../ablation/summarise';
import type { TrialRecord } from '../ablation/trial-file';

const rates: Readonly<Record<string, number>> = {
  late: 0.55,
  early: 0.6,
  'cross-attention': 0.78,
};

/** Trials as an ablation leaves them, drawn from known rates. */
export function sampleTrials(seeds: readonly number[] = [1, 2, 3]): TrialRecord[] {
  return seeds.flatMap((seed) =>
    Object.entries(rates).map(([arm, rate]): TrialRecord => {
      const hits = (name: string, share: number): number[] =>
        Array.from(uniformArray(foldIn(foldIn(foldIn(key(7), name), arm), seed), 300), (u) =>
          u < share ? 1 : 0,
        );
      const outcomes = {
        'matching.accuracy': hits('matching', rate),
        'matching.accuracy.attribute-swap': hits('swap', rate - 0.02),
        'matching.accuracy.relation-reversed': hits('relation', rate + 0.02),
        'retrieval.i2t.r1': hits('i2t', 0.3 + 0.2 * rate),
        'retrieval.t2i.r1': hits('t2i', 0.2 + 0.2 * rate),
      };
      const noise = normalArray(foldIn(foldIn(key(8), arm), seed), 400);
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
      return {
        schema: 1,
        arm,
        seed,
        config: 'hash',
        outcome: {
          params: 123456,
          flops: arm === 'late' ? 98_300 : 2_345_000_000,
          steps: 400,
          seconds: 41.5,
          metrics: {
            ...Object.fromEntries(Object.entries(outcomes).map(([n, v]) => [n, mean(v)])),
            'retrieval.i2t.meanRank': 4.2,
          },
          outcomes,
          curves: {
            loss: [...noise].map((value, i) => [
              i + 1,
              rate + 2.5 * Math.exp(-i / 80) + 0.1 * value,
            ]),
          },
        },
      };
    }),
  );
}

export function sampleResults(seeds: readonly number[] = [1, 2, 3]): AblationResults {
  return {
    ...summarise(Object.keys(rates), seeds, sampleTrials(seeds)),
    chance: { 'matching.accuracy': 0.5, 'retrieval.i2t.r1': 0.01, 'retrieval.t2i.r1': 0.01 },
    floors: {
      'bag-of-words': { 'matching.accuracy': 0.51, 'retrieval.i2t.r1': 0.12 },
      'image-blind': { 'matching.accuracy': 0.5 },
    },
    data: '3f2a9c',
  };
}
