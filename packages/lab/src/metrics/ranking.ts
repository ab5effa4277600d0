import { ConfigError, NonFiniteError } from '@crossweave/core';

/**
 * Average precision Σ (R_n − R_{n−1})·P_n over the thresholds that differ, as scikit-learn's
 * `average_precision_score`: samples of equal score are one threshold. Undefined without a positive.
 *
 * @param positive whether each sample is one.
 * @param scores larger is more likely positive.
 */
export function averagePrecision(
  positive: readonly boolean[],
  scores: ArrayLike<number>,
): number | undefined {
  const steps = thresholds('averagePrecision', positive, scores);
  const all = positive.filter(Boolean).length;
  if (all === 0) return undefined;
  let [found, taken, sum] = [0, 0, 0];
  for (const { positives, negatives } of steps) {
    found += positives;
    taken += positives + negatives;
    sum += (positives / all) * (found / taken);
  }
  return sum;
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counted 1/2, as
 * scikit-learn's `roc_auc_score`. Undefined where one of both is absent.
 */
export function rocAuc(
  positive: readonly boolean[],
  scores: ArrayLike<number>,
): number | undefined {
  const steps = thresholds('rocAuc', positive, scores);
  const all = positive.filter(Boolean).length;
  const others = positive.length - all;
  if (all === 0 || others === 0) return undefined;
  let [above, wins] = [0, 0];
  for (const { positives, negatives } of steps) {
    wins += negatives * (above + positives / 2);
    above += positives;
  }
  return wins / (all * others);
}

/** Positives and negatives of each score, the largest score first. */
function thresholds(
  where: string,
  positive: readonly boolean[],
  scores: ArrayLike<number>,
): { positives: number; negatives: number }[] {
  if (positive.length !== scores.length) {
    throw new ConfigError('labels and scores differ in number', {
      where,
      expected: positive.length,
      got: scores.length,
    });
  }
  const odd = positive.findIndex((value) => typeof value !== 'boolean');
  if (odd >= 0) {
    throw new ConfigError('a label does not say whether the sample is positive', {
      where,
      expected: 'true or false for each sample',
      got: `${JSON.stringify(positive[odd])} for sample ${odd}`,
    });
  }
  const order = positive.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const steps: { positives: number; negatives: number }[] = [];
  let last: number | undefined;
  for (const i of order) {
    const score = scores[i]!;
    if (typeof score !== 'number' || Number.isNaN(score))
      throw new NonFiniteError('a score is not a number', { where });
    if (last === undefined || score !== last) steps.push({ positives: 0, negatives: 0 });
    last = score;
    steps.at(-1)![positive[i] === true ? 'positives' : 'negatives']++;
  }
  return steps;
}
