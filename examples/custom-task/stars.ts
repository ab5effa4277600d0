import { add, mul, neg, softplus, sum, tensor2d, tidy, type Scalar } from '@tensorflow/tfjs-core';
import {
  DataError,
  FileFormatError,
  type FittedTask,
  type Label,
  type Task,
} from '@crossweave/core';
import { taskHead } from '@crossweave/lab';

const name = 'stars';
const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** 1 to 5 stars: an output for each "more than s stars?", so that 4 is nearer to 5 than 1 is. */
export function stars(): Task {
  const starsOf = (label: Label): number => {
    if ([1, 2, 3, 4, 5].includes(label as number)) return label as number;
    throw new DataError('a label is no number of stars', {
      where: name,
      got: JSON.stringify(label),
    });
  };
  const thresholds = [1, 2, 3, 4];
  const read = (row: ArrayLike<number>): number => 1 + Array.from(row).filter((x) => x > 0).length;
  const fitted = (prior: readonly number[]): FittedTask => ({
    name,
    facts: { prior },
    ...taskHead(thresholds.length),
    prior,
    logits: false,
    best: { 'stars.accuracy': 1, 'stars.mae': 0 },
    loss: (outputs, labels) =>
      tidy(() => {
        const count = Math.max(1, labels.filter((label) => label !== undefined).length);
        const weights = (more: boolean) =>
          tensor2d(
            labels.map((label) =>
              thresholds.map(
                (s) => Number(label !== undefined && starsOf(label) > s === more) / count,
              ),
            ),
          );
        const [yes, no] = [
          mul(softplus(neg(outputs)), weights(true)),
          mul(softplus(outputs), weights(false)),
        ];
        return sum<Scalar>(add(yes, no));
      }),
    measure(outputs, labels) {
      if (labels.length === 0) throw new DataError('there is no label', { where: name });
      const mae = labels.map((label, i) =>
        Math.abs(read(outputs.subarray(4 * i, 4 * i + 4)) - starsOf(label)),
      );
      const accuracy = mae.map((error) => Number(error === 0));
      const outcomes = { 'stars.accuracy': accuracy, 'stars.mae': mae };
      return { metrics: { 'stars.accuracy': mean(accuracy), 'stars.mae': mean(mae) }, outcomes };
    },
    chance: () => ({ 'stars.accuracy': 1 / 5 }),
    predict: (outputs) => ({ label: read(outputs) }),
  });
  return {
    name,
    fit(labels) {
      if (labels.length === 0) throw new DataError('there is no label', { where: name });
      const all = labels.map(starsOf);
      const shares = thresholds.map((s) => mean(all.map((each) => Number(each > s))));
      return fitted(shares.map((p) => Math.log((p + 0.01) / (1.01 - p))));
    },
    restore(facts) {
      const { prior } = Object(facts) as { prior?: unknown };
      if (Array.isArray(prior) && prior.length === 4) return fitted(prior as number[]);
      throw new FileFormatError('these are not the facts of the task', { where: name });
    },
  };
}
