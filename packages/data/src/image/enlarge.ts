/** How one side of a picture is scaled, and which part of it is there. */
export interface Side {
  /** Pixels of the whole side before. */
  readonly from: number;
  /** Those that the picture has: `count` after `first`. */
  readonly first: number;
  readonly count: number;
  /** Pixels of the whole side after, of which the `size` after `start` are wanted. */
  readonly full: number;
  readonly start: number;
  readonly size: number;
}

/** Pixels on either side of a point that the kernel reaches. */
const reach = 2;

/** A side that keeps its `size` pixels. */
export function unchanged(size: number): Side {
  return { from: size, first: 0, count: size, full: size, start: 0, size };
}

/** A side of which no more is needed than the wanted pixels are made of. */
export function enlarged(from: number, full: number, start: number, size: number): Side {
  const ratio = from / full;
  const [first] = window((start + 0.5) * ratio, from);
  const [, end] = window((start + size - 0.5) * ratio, from);
  return { from, first, count: end - first, full, start, size };
}

/**
 * Enlarges a picture with the cubic kernel (Catmull-Rom, a = −0.5) as Pillow's `BICUBIC` does: pixel
 * centres at half-integers, weights renormalised at the edges, rows first and rounded to bytes.
 * (libvips, which shrinks as Pillow does, enlarges half a pixel of the result off.)
 * A side that keeps its length is left as it is.
 *
 * @param picture [rows.count, columns.count, 3] bytes
 * @returns [rows.size, columns.size, 3] bytes
 */
export function enlarge(picture: Uint8Array, columns: Side, rows: Side): Uint8Array {
  const wide = scaleSide(picture, columns, rows.count, columns.count * 3, 3, columns.size * 3, 3);
  const rowLength = columns.size * 3;
  return scaleSide(wide, rows, columns.size, 3, rowLength, 3, rowLength);
}

/** The pixels of a side, from the first to before the end, that the kernel around `centre` reaches. */
function window(centre: number, from: number): [first: number, end: number] {
  return [
    Math.max(0, Math.trunc(centre - reach + 0.5)),
    Math.min(from, Math.trunc(centre + reach + 0.5)),
  ];
}

/**
 * Scales along one side. `lines` counts the positions across it; a line starts at
 * line · lineStride and its pixels lie pixelStride apart, before and after.
 */
function scaleSide(
  source: Uint8Array,
  side: Side,
  lines: number,
  sourceLine: number,
  sourcePixel: number,
  targetLine: number,
  targetPixel: number,
): Uint8Array {
  const { from, full, start, size } = side;
  if (from === full && size === full) return source;
  const target = new Uint8Array(lines * size * 3);
  const ratio = from / full;
  for (let i = 0; i < size; i++) {
    const centre = (start + i + 0.5) * ratio;
    const [first, end] = window(centre, from);
    const weights = Array.from({ length: end - first }, (_, k) => cubic(first + k - centre + 0.5));
    const sum = weights.reduce((a, b) => a + b, 0);
    const offset = (first - side.first) * sourcePixel;
    for (let line = 0; line < lines; line++) {
      for (let channel = 0; channel < 3; channel++) {
        let value = 0;
        for (let k = 0; k < weights.length; k++) {
          value += weights[k]! * source[line * sourceLine + offset + k * sourcePixel + channel]!;
        }
        const byte = Math.floor(value / sum + 0.5);
        target[line * targetLine + i * targetPixel + channel] = Math.min(255, Math.max(0, byte));
      }
    }
  }
  return target;
}

/** Keys' cubic convolution kernel with a = −0.5. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}
