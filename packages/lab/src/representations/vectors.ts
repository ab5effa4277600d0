import { ConfigError, NonFiniteError } from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';

/** n vectors of one width, such as the embeddings of a split's images. */
export interface Vectors {
  /** [n, width], row by row. */
  readonly values: Float32Array | Float64Array;
  readonly width: number;
}

export function rowsOf({ values, width }: Vectors): number {
  return values.length / width;
}

/**
 * @param least rows that the figure needs.
 * @throws ConfigError for values that are no whole rows or too few; NonFiniteError that names the row.
 */
export function requireVectors(where: string, name: string, vectors: Vectors, least = 1): void {
  const { values, width } = vectors;
  requireNumber(where, `${name}.width`, width, { integer: true, min: 1 });
  const rows = rowsOf(vectors);
  if (!Number.isInteger(rows) || rows < least) {
    throw new ConfigError(`"${name}" has too few rows, or a row that is cut off`, {
      where,
      expected: `${least} or more rows of ${width} numbers`,
      got: `${values.length} numbers`,
    });
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const place = `row ${Math.floor(at / width)}, number ${at % width}`;
  throw new NonFiniteError(`"${name}" is not finite`, { where, got: `${values[at]!} in ${place}` });
}

/** @throws ConfigError unless both have as many rows, and with `width` as wide ones. */
export function requireAligned(where: string, a: Vectors, b: Vectors, width: boolean): void {
  if (rowsOf(a) === rowsOf(b) && (!width || a.width === b.width)) return;
  throw new ConfigError('the two sides do not fit each other', {
    where,
    expected: width ? 'as many rows of the same width' : 'as many rows',
    got: `${rowsOf(a)} × ${a.width} and ${rowsOf(b)} × ${b.width}`,
  });
}

/**
 * The rows by their lengths, in double precision.
 *
 * @throws ConfigError that names a row of zeros, which has no direction.
 */
export function unitRows(where: string, name: string, vectors: Vectors): Float64Array {
  const { width } = vectors;
  const out = Float64Array.from(vectors.values);
  for (let from = 0; from < out.length; from += width) {
    const row = out.subarray(from, from + width);
    const length = Math.hypot(...row);
    if (length === 0) {
      throw new ConfigError(`row ${from / width} of "${name}" is zero and has no direction`, {
        where,
        expected: 'vectors that are not zero',
        advice: 'Leave such rows out, or look for a dead branch of the model.',
      });
    }
    for (let d = 0; d < width; d++) row[d]! /= length;
  }
  return out;
}

/** The mean of the rows, [width]. */
export function meanRow(values: Float32Array | Float64Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]!;
  const rows = values.length / width;
  return mean.map((sum) => sum / rows);
}

/** ‖a_i − b_j‖² of rows i and j. */
export function squaredDistance(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  width: number,
): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += (a[i * width + d]! - b[j * width + d]!) ** 2;
  return sum;
}
