/**
 * [B·B] row by row: 1 where text j may be a negative of image i and the other way round,
 * which is where their rows show different images. The diagonal is 0.
 */
export function rivals(groups: readonly string[]): Float32Array {
  const size = groups.length;
  const out = new Float32Array(size * size);
  groups.forEach((own, i) =>
    groups.forEach((other, j) => {
      if (own !== other) out[i * size + j] = 1;
    }),
  );
  return out;
}

/** [B] how many rivals each row has. */
export function rivalCounts(groups: readonly string[]): number[] {
  return groups.map((own) => groups.filter((other) => other !== own).length);
}

/** Added to a logit, it leaves no weight after a softmax and stays finite. */
export const excluded = -1e9;
