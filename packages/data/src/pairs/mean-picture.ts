import type { Preprocessing } from '../image/preprocessing';

/** A picture [S, S, 3] of the colour that becomes (nearly) zero when normalised. */
export function meanPicture({ size, normalise: { mean } }: Preprocessing): Uint8Array {
  const colour = mean.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255));
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => colour[i % 3] ?? 0);
}
