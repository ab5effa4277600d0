/** What an exported model is asked. */
export interface Inputs {
  /** [B, 3, H, W], prepared. */
  readonly pixels: { readonly shape: readonly number[]; readonly values: Float32Array };
  readonly texts: readonly string[];
}

/** Vectors of unit length, one a picture or text. */
export interface Vectors {
  readonly image: number[][];
  readonly text: number[][];
}

/** A flat list as rows. */
export function asRows(values: ArrayLike<number>, rows: number): number[][] {
  const width = values.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_unused, i) => values[row * width + i]!),
  );
}
