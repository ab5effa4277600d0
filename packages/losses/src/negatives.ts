import {
  add,
  cast,
  cumsum,
  equal,
  greater,
  max,
  mul,
  ones,
  pad,
  sub,
  sum,
} from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { HostValue } from '@crossweave/core';
import { excluded, negativeCounts, negativeMask, type RowSets } from './same';

/** Which candidates are negatives of a row. */
export interface Negatives {
  /** [B, W]: 1 where the candidate in the column is a negative of the row. */
  readonly mask: Tensor2D;
  /** [B] the number of negatives of each row. */
  readonly counts: HostValue<readonly number[]>;
}

/**
 * The in-batch negatives [B, B], which are all columns that are not in `right`, followed by the K =
 * `hard` hard negatives of each row.
 *
 * @param size B.
 */
export function negativesOf(right: HostValue<RowSets>, size: number, hard = 0): Negatives {
  const inBatch = negativeMask(right, size);
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
  return { mask, counts: right.map((sets) => negativeCounts(sets).map((count) => count + hard)) };
}

/** Whether each row has a negative. Rows without one do not count. */
export function countedRows({ counts }: Pick<Negatives, 'counts'>): HostValue<boolean[]> {
  return counts.map((each) => each.map((count) => count > 0));
}

/**
 * Terms for the log: `negatives`, the mean number of negatives of a row, and `accuracy`, the share
 * of rows i whose column i is strictly above all negatives of the row. Rows without negatives do
 * not count; if no row has one there is no accuracy. A row with NaN counts as wrong.
 */
export function negativeTerms(
  logits: Tensor2D,
  negatives: Negatives,
): { negatives: Scalar; accuracy?: Scalar } {
  const { mask } = negatives;
  const counted = countedRows(negatives);
  const terms = { negatives: meanCount(negatives) };
  if (!counted.choose((rows) => rows.includes(true))) return terms;
  const [size, width] = logits.shape;
  const own = sum<Tensor1D>(mul(logits, firstDiagonal(size, width)), 1);
  const best = max<Tensor1D>(add(logits, mul(sub(1, mask), excluded)), 1);
  const right = cast(greater<Tensor1D>(own, best), 'float32');
  return { ...terms, accuracy: meanOfCounted(right, counted) };
}

/** [B, W]: 1 where the column has the number of the row. */
export function firstDiagonal(size: number, width: number): Tensor2D {
  // Counted in the graph: matrices from JavaScript would each be in memory, this is there once.
  const count = (shape: [number, number], axis: number): Tensor2D => cumsum(ones(shape), axis);
  const same = equal<Tensor2D>(count([size, 1], 0), count([1, width], 1));
  return cast(same, 'float32');
}

/** The mean number of negatives of a row. */
export function meanCount({ counts }: Pick<Negatives, 'counts'>): Scalar {
  return counts.scalar(
    (each) => each.reduce((all, count) => all + count, 0) / Math.max(1, each.length),
  );
}

/** The mean of values [B] over the rows that are `counted`; 0 if no row is. */
export function meanOfCounted(values: Tensor1D, counted: HostValue<readonly boolean[]>): Scalar {
  const weights = counted.tensor<Rank.R1>(
    (rows) => {
      const count = Math.max(1, rows.filter(Boolean).length);
      return rows.map((counts) => (counts ? 1 / count : 0));
    },
    [values.size],
  );
  return sum<Scalar>(mul(values, weights));
}
