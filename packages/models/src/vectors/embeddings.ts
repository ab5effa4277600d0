import { NonFiniteError } from '@crossweave/core';

/** N vectors of length E, row by row: of unit length where they come from a model. */
export interface Embeddings {
  readonly rows: number;
  readonly dim: number;
  /** [rows · dim] */
  readonly values: Float32Array;
}

/** One of them, in the same memory. */
export function rowOf({ dim, values }: Embeddings, row: number): Float32Array {
  return values.subarray(row * dim, (row + 1) * dim);
}

/** All in one, in their order. */
export function joinEmbeddings(parts: readonly Embeddings[], dim: number): Embeddings {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const values = new Float32Array(rows * dim);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { rows, dim, values };
}

/** The same, all of whose values are numbers. @throws NonFiniteError that names the row. */
export function requireFinite(where: string, embeddings: Embeddings): Embeddings {
  const at = embeddings.values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return embeddings;
  throw new NonFiniteError('a vector is not finite', {
    where,
    got: `${embeddings.values[at]!} in row ${Math.floor(at / embeddings.dim)}`,
    advice: 'Do its weights hold NaN? Use a checkpoint of before, or train again.',
  });
}
