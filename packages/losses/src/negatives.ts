import {
  add,
  cast,
  eye,
  greater,
  max,
  mul,
  pad,
  scalar,
  sub,
  sum,
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { excluded, negativeCounts, negativeMatrix, type RowSets } from './same';

/** Which candidates are a row's negatives. */
export interface Negatives {
  /** [B, W] 1 where the candidate of the column is a negative of the row. */
  readonly mask: Tensor2D;
  /** [B] how many there are. */
  readonly counts: readonly number[];
}

/** The negatives in the batch [B, B], where `right` says what is none, and each row's K own after them. */
export function negativesOf(right: RowSets, hard = 0): Negatives {
  const size = right.length;
  const inBatch = tensor2d(negativeMatrix(right), [size, size]);
  const mask =
    hard === 0
      ? inBatch
      : pad(
          inBatch,
          [
            [0, 0],
            [0, hard],
          ],
          1,
        );
  return { mask, counts: negativeCounts(right).map((count) => count + hard) };
}

/** Whether each row has a negative: one that has none teaches nothing and does not count. */
export function countedRows({ counts }: Pick<Negatives, 'counts'>): boolean[] {
  return counts.map((count) => count > 0);
}

/**
 * What a loss logs of its negatives: `negatives`, how many a row has on average, and `accuracy`, the
 * share of rows i whose column i is strictly above all of its negatives. Rows without any do not
 * count, and where no row has one there is no accuracy. NaN is never right.
 */
export function negativeTerms(
  logits: Tensor2D,
  negatives: Negatives,
): { negatives: Scalar; accuracy?: Scalar } {
  const { mask } = negatives;
  const counted = countedRows(negatives);
  const terms = { negatives: meanCount(negatives) };
  if (!counted.includes(true)) return terms;
  const [size, width] = logits.shape;
  const diagonal = pad(eye(size), [
    [0, 0],
    [0, width - size],
  ]);
  const own = sum<Tensor1D>(mul(logits, diagonal), 1);
  const best = max<Tensor1D>(add(logits, mul(sub(1, mask), excluded)), 1);
  const right = cast(greater<Tensor1D>(own, best), 'float32');
  return { ...terms, accuracy: meanOfCounted(right, counted) };
}

/** How many negatives a row has on average. */
export function meanCount({ counts }: Pick<Negatives, 'counts'>): Scalar {
  return scalar(counts.reduce((all, count) => all + count, 0) / Math.max(1, counts.length));
}

/**
 * Mean over rows of what a loss makes of each, [B]; rows that `counted` leaves out count neither as
 * a value nor in the mean. 0 where none is left.
 */
export function meanOfCounted(values: Tensor1D, counted: readonly boolean[]): Scalar {
  const count = Math.max(1, counted.filter(Boolean).length);
  return sum<Scalar>(mul(values, tensor1d(counted.map((counts) => (counts ? 1 / count : 0)))));
}
