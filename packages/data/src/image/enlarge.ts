import { kernels, type ResizeFilter } from './filters';

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

/** A side that keeps its `size` pixels. */
export function unchanged(size: number): Side {
  return { from: size, first: 0, count: size, full: size, start: 0, size };
}

/** A side of which no more is needed than the wanted pixels are made of. */
export function enlarged(
  from: number,
  full: number,
  start: number,
  size: number,
  filter: ResizeFilter = 'bicubic',
): Side {
  const { reach } = kernels[filter];
  const ratio = from / full;
  const [first] = window((start + 0.5) * ratio, from, reach);
  const [, end] = window((start + size - 0.5) * ratio, from, reach);
  return { from, first, count: end - first, full, start, size };
}

/**
 * Enlarges a picture with the filter's kernel as Pillow does: pixel
 * centres at half-integers, weights renormalised at the edges, rows first and rounded to bytes.
 * (libvips, which shrinks as Pillow does, enlarges half a pixel of the result off.)
 * A side that keeps its length is left as it is.
 *
 * @param picture [rows.count, columns.count, 3] bytes
 * @returns [rows.size, columns.size, 3] bytes
 */
export function enlarge(
  picture: Uint8Array,
  columns: Side,
  rows: Side,
  filter: ResizeFilter = 'bicubic',
): Uint8Array {
  const across = { lines: rows.count, sourceLine: columns.count * 3, sourcePixel: 3 };
  const rowLength = columns.size * 3;
  const wide = scaleSide(picture, columns, filter, {
    ...across,
    targetLine: rowLength,
    targetPixel: 3,
  });
  const down = { lines: columns.size, sourceLine: 3, sourcePixel: rowLength };
  return scaleSide(wide, rows, filter, { ...down, targetLine: 3, targetPixel: rowLength });
}

/** The pixels of a side, from the first to before the end, that the kernel around `centre` reaches. */
function window(centre: number, from: number, reach: number): [first: number, end: number] {
  return [
    Math.max(0, Math.trunc(centre - reach + 0.5)),
    Math.min(from, Math.trunc(centre + reach + 0.5)),
  ];
}

/**
 * How values lie along one side. `lines` counts the positions across it; a line starts at
 * line · …Line and its pixels lie …Pixel apart, before and after.
 */
interface Strides {
  readonly lines: number;
  readonly sourceLine: number;
  readonly sourcePixel: number;
  readonly targetLine: number;
  readonly targetPixel: number;
}

/** Scales along one side. */
function scaleSide(
  source: Uint8Array,
  side: Side,
  filter: ResizeFilter,
  { lines, sourceLine, sourcePixel, targetLine, targetPixel }: Strides,
): Uint8Array {
  const { reach, weight } = kernels[filter];
  const { from, full, start, size } = side;
  if (from === full && size === full) return source;
  const target = new Uint8Array(lines * size * 3);
  const ratio = from / full;
  for (let i = 0; i < size; i++) {
    const centre = (start + i + 0.5) * ratio;
    const [first, end] = window(centre, from, reach);
    const weights = Array.from({ length: end - first }, (_, k) => weight(first + k - centre + 0.5));
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
