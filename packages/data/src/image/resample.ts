import { kernels, type ResizeFilter } from './filters';
import { resampleWasm } from './resample-wasm';

/** How one side of a picture is scaled, and which part of it is needed for that. */
export interface Side {
  /** Pixels of the whole side before. */
  readonly from: number;
  /** Those that the wanted pixels are made of: `count` after `first`. */
  readonly first: number;
  readonly count: number;
  /** Pixels of the whole side after, of which the `size` after `start` are wanted. */
  readonly full: number;
  readonly start: number;
  readonly size: number;
}

/** A side of `from` pixels that becomes the `size` pixels after `start` of `full`. */
export function sideOf(
  from: number,
  full: number,
  start: number,
  size: number,
  filter: ResizeFilter,
): Side {
  if (full === from) return { from, first: start, count: size, full, start, size };
  const [first] = windowAt(start, from, full, filter);
  const [, end] = windowAt(start + size - 1, from, full, filter);
  return { from, first, count: end - first, full, start, size };
}

/**
 * Scales a picture to the bytes that Pillow 13's `resize` gives: the filter is widened when a side
 * shrinks, only pixels of the picture count, weights are rounded to 22 binary places, each side is
 * rounded to bytes. A side that keeps its length is left as it is.
 *
 * Columns come first, rows where they lose more than twice as many pixels as columns do. (Pillow
 * before 13 and PyTorch always begin with columns.)
 *
 * @param picture [rows.count, columns.count, 3] bytes
 * @returns [rows.size, columns.size, 3] bytes
 */
export function resample(
  picture: Uint8Array,
  columns: Side,
  rows: Side,
  filter: ResizeFilter,
): Uint8Array {
  const lost = ({ from, full }: Side): number => from - full;
  if (lost(rows) > Math.max(0, 2 * lost(columns))) {
    const low = down(picture, columns.count * 3, rows, filter, beforeScaling(columns));
    return across(low, columns, rows.size, filter, fresh);
  }
  const wide = across(picture, columns, rows.count, filter, beforeScaling(rows));
  return down(wide, columns.size * 3, rows, filter, fresh);
}

/** Where the picture goes from which this side is scaled: it is the result where the side stays as it is. */
function beforeScaling({ from, full }: Side): (bytes: number) => Uint8Array {
  return from === full ? fresh : between;
}

const fresh = (bytes: number): Uint8Array => new Uint8Array(bytes);

/** More is not kept between pictures. */
const mostKept = 2 ** 22;
let kept = new Uint8Array();

/** For what is read before the next picture: the pages of new memory cost as much as a tenth of the scaling. */
function between(bytes: number): Uint8Array {
  if (bytes > mostKept) return fresh(bytes);
  if (bytes > kept.length) kept = new Uint8Array(bytes);
  return kept.subarray(0, bytes);
}

/** Binary places of a weight: 32 bits less 8 for a byte and 2 for sums beyond it. */
const places = 22;
/** Bytes of rows that are worked on at once. */
const stripBytes = 2 ** 20;
/** Rows after the last that `across` may read and write. */
const rowsAtOnce = 3;
/** The loops read and write up to so many bytes after the last. */
const slack = 16;

/** @param height rows, before and after */
function across(
  picture: Uint8Array,
  columns: Side,
  height: number,
  filter: ResizeFilter,
  take: (bytes: number) => Uint8Array,
): Uint8Array {
  if (columns.from === columns.full) return picture;
  const { spans, weights, longest } = weightsOf(columns, filter);
  const [before, after] = [columns.count * 3, columns.size * 3];
  const strip = Math.min(height, Math.max(1, Math.floor(stripBytes / (before + after))));
  const weightsAt = placeAfter(0, spans.byteLength);
  const from = placeAfter(weightsAt, weights.byteLength);
  const to = placeAfter(from, (strip + rowsAtOnce) * before);
  const { kernel, memory } = workspace(placeAfter(to, (strip + rowsAtOnce) * after));
  memory.set(bytesOf(spans));
  memory.set(bytesOf(weights), weightsAt);
  const target = take(height * after);
  for (let row = 0; row < height; row += strip) {
    const count = Math.min(strip, height - row);
    memory.set(picture.subarray(row * before, (row + count) * before), from);
    kernel.across(from, before, count, columns.size, 0, weightsAt, longest, to);
    target.set(memory.subarray(to, to + count * after), row * after);
  }
  return target;
}

/** @param length bytes of a row, before and after */
function down(
  picture: Uint8Array,
  length: number,
  rows: Side,
  filter: ResizeFilter,
  take: (bytes: number) => Uint8Array,
): Uint8Array {
  if (rows.from === rows.full) return picture;
  const { spans, weights, longest } = weightsOf(rows, filter);
  // Rows that are needed again are held with those between, as far as there is room.
  const held = Math.max(longest, Math.min(rows.count, Math.floor(stripBytes / length)));
  const from = placeAfter(0, weights.byteLength);
  const to = placeAfter(from, held * length);
  const { kernel, memory } = workspace(placeAfter(to, length));
  memory.set(bytesOf(weights));
  const target = take(rows.size * length);
  let begin = 0;
  let end = 0;
  for (let i = 0; i < rows.size; i++) {
    const [first, count] = [spans[i * 2]!, spans[i * 2 + 1]!];
    if (first < begin || first + count > end) {
      begin = first;
      end = Math.min(rows.count, first + held);
      memory.set(picture.subarray(begin * length, end * length), from);
    }
    kernel.down(from + (first - begin) * length, length, count, i * longest * 4, to);
    target.set(memory.subarray(to, to + length), i * length);
  }
  return target;
}

/** Where the next part of the memory begins, after one of so many bytes. */
function placeAfter(start: number, bytes: number): number {
  return start + Math.ceil((bytes + slack) / 16) * 16;
}

function bytesOf(numbers: Int32Array): Uint8Array {
  return new Uint8Array(numbers.buffer);
}

/** What resample.wat exports; places are byte offsets into the memory. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  across(
    source: number,
    rowBytes: number,
    rows: number,
    size: number,
    spans: number,
    weights: number,
    longest: number,
    target: number,
  ): void;
  down(source: number, length: number, rows: number, weights: number, target: number): void;
}

/** Of the JavaScript standard, but in no types without a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

let loaded: Kernel | undefined;

/** The loops with at least so many bytes of memory, which hold nothing between two calls. */
function workspace(bytes: number): { kernel: Kernel; memory: Uint8Array } {
  loaded ??= new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(resampleWasm, 'base64')))
    .exports as Kernel;
  const lacking = bytes - loaded.memory.buffer.byteLength;
  if (lacking > 0) loaded.memory.grow(Math.ceil(lacking / 65_536));
  return { kernel: loaded, memory: new Uint8Array(loaded.memory.buffer) };
}

interface Weights {
  /** [size, 2]: the first pixel that each wanted one is made of, counted from `first`, and how many. */
  readonly spans: Int32Array;
  /** [size, longest] numbers of 22 binary places. */
  readonly weights: Int32Array;
  readonly longest: number;
}

/** Those of the last sides, which the pictures of a dataset often share. */
const known = new Map<string, Weights>();
const mostKnown = 64;

function weightsOf(side: Side, filter: ResizeFilter): Weights {
  const name = JSON.stringify([filter, side.from, side.full, side.start, side.size]);
  const found = known.get(name) ?? newWeights(side, filter);
  // The last used are the last of the map.
  known.delete(name);
  known.set(name, found);
  if (known.size > mostKnown) known.delete(known.keys().next().value!);
  return found;
}

function newWeights(side: Side, filter: ResizeFilter): Weights {
  const { weight } = kernels[filter];
  const { from, full, start, size, first } = side;
  const narrowing = 1 / Math.max(1, from / full);
  const spans = new Int32Array(size * 2);
  const centres = new Float64Array(size);
  let longest = 0;
  for (let i = 0; i < size; i++) {
    const [begin, end, centre] = windowAt(start + i, from, full, filter);
    spans[i * 2] = begin - first;
    spans[i * 2 + 1] = end - begin;
    centres[i] = centre;
    longest = Math.max(longest, end - begin);
  }
  const weights = new Int32Array(size * longest);
  const exact = new Float64Array(longest);
  for (let i = 0; i < size; i++) {
    const [begin, count] = [spans[i * 2]! + first, spans[i * 2 + 1]!];
    let sum = 0;
    for (let k = 0; k < count; k++) {
      exact[k] = weight((begin + k - centres[i]! + 0.5) * narrowing);
      sum += exact[k]!;
    }
    for (let k = 0; k < count; k++) {
      const scaled = (exact[k]! / sum) * 2 ** places;
      weights[i * longest + k] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    }
  }
  return { spans, weights, longest };
}

/** The pixels, from the first to before the end, that the kernel around pixel `i` of `full` reaches. */
function windowAt(
  i: number,
  from: number,
  full: number,
  filter: ResizeFilter,
): [first: number, end: number, centre: number] {
  const ratio = from / full;
  const reach = kernels[filter].reach * Math.max(1, ratio);
  const centre = (i + 0.5) * ratio;
  const first = Math.max(0, Math.trunc(centre - reach + 0.5));
  return [first, Math.min(from, Math.trunc(centre + reach + 0.5)), centre];
}
