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
