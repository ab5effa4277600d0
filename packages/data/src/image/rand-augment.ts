/** Changes that RandAugment (arXiv 1909.13719) draws from; those of colour are the second list. */
export const geometricOperations = [
  'identity',
  'shear-x',
  'shear-y',
  'translate-x',
  'translate-y',
  'rotate',
  'sharpness',
] as const;
export const colourOperations = [
  'brightness',
  'colour',
  'contrast',
  'posterize',
  'solarize',
  'auto-contrast',
  'equalize',
] as const;

export type OperationName =
  (typeof geometricOperations)[number] | (typeof colourOperations)[number];

/** One change: what it is, and how strong, as torchvision's `RandAugment` measures it. */
export interface Operation {
  readonly name: OperationName;
  /** Tangent of a shear, share of a side, degrees, factor less 1, bits, or threshold. */
  readonly amount: number;
}

/** Magnitudes are whole numbers up to it. */
export const mostMagnitude = 30;

/** The amount of an operation at a magnitude in [0, 30], with a sign where it has one. */
export function amountOf(name: OperationName, magnitude: number, sign: 1 | -1): number {
  const share = magnitude / mostMagnitude;
  switch (name) {
    case 'shear-x':
    case 'shear-y':
      return sign * 0.3 * share;
    case 'translate-x':
    case 'translate-y':
      return sign * (150 / 331) * share;
    case 'rotate':
      return sign * 30 * share;
    case 'brightness':
    case 'colour':
    case 'contrast':
    case 'sharpness':
      return sign * 0.9 * share;
    case 'posterize':
      return 8 - roundedToEven(magnitude / (mostMagnitude / 4));
    case 'solarize':
      return 255 - (255 / mostMagnitude) * magnitude;
    default:
      return 0;
  }
}

function roundedToEven(value: number): number {
  return value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}

type Bytes = Uint8Array;

/**
 * A changed copy, by the definitions of torchvision's `RandAugment` over Pillow: shears from the upper
 * left corner, nearest pixels, black where nothing lies.
 *
 * @param picture [size, size, 3] bytes
 */
export function operate(picture: Bytes, size: number, { name, amount }: Operation): Bytes {
  switch (name) {
    case 'shear-x':
      return moved(picture, size, [1, amount, 0, 0, 1, 0]);
    case 'shear-y':
      return moved(picture, size, [1, 0, 0, amount, 1, 0]);
    case 'translate-x':
      return moved(picture, size, [1, 0, -Math.trunc(amount * size), 0, 1, 0]);
    case 'translate-y':
      return moved(picture, size, [1, 0, 0, 0, 1, -Math.trunc(amount * size)]);
    case 'rotate':
      return rotated(picture, size, amount);
    case 'brightness':
      return blended(picture, amount, () => 0);
    case 'colour':
      return blended(picture, amount, (at) => luminance(picture, at));
    case 'contrast':
      return contrasted(picture, amount);
    case 'sharpness':
      return sharpened(picture, size, amount);
    case 'posterize':
      return picture.map((value) => value & (0xff00 >> amount));
    case 'solarize':
      return picture.map((value) => (value < amount ? value : 255 - value));
    case 'auto-contrast':
      return byChannel(picture, stretched);
    case 'equalize':
      return byChannel(picture, equalised);
    case 'identity':
      return picture;
  }
}

/** Pixel (x, y) of the result is the one at (a x + b y + c, d x + e y + f), between centres. */
function moved(
  picture: Bytes,
  size: number,
  [a, b, c, d, e, f]: readonly [number, number, number, number, number, number],
): Bytes {
  const result = new Uint8Array(picture.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const column = Math.floor(a * (x + 0.5) + b * (y + 0.5) + c);
      const row = Math.floor(d * (x + 0.5) + e * (y + 0.5) + f);
      if (column < 0 || column >= size || row < 0 || row >= size) continue;
      const from = (row * size + column) * 3;
      result.set(picture.subarray(from, from + 3), (y * size + x) * 3);
    }
  }
  return result;
}

/** Anticlockwise about the middle. */
function rotated(picture: Bytes, size: number, degrees: number): Bytes {
  const angle = (-degrees * Math.PI) / 180;
  const [cos, sin, centre] = [Math.cos(angle), Math.sin(angle), size / 2];
  const c = centre - cos * centre - sin * centre;
  const f = centre + sin * centre - cos * centre;
  return moved(picture, size, [cos, sin, c, -sin, cos, f]);
}

/** (1 + amount) · picture − amount · other, cut off to bytes. */
function blended(picture: Bytes, amount: number, other: (at: number) => number): Bytes {
  const result = new Uint8Array(picture.length);
  for (let at = 0; at < picture.length; at += 3) {
    const base = other(at);
    for (let c = at; c < at + 3; c++) {
      const value = base + (1 + amount) * (picture[c]! - base);
      result[c] = value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
    }
  }
  return result;
}

/** As Pillow rounds it: ITU-R 601 with 16 binary places. */
function luminance(picture: Bytes, at: number): number {
  return (picture[at]! * 19595 + picture[at + 1]! * 38470 + picture[at + 2]! * 7471 + 0x8000) >> 16;
}

function contrasted(picture: Bytes, amount: number): Bytes {
  let sum = 0;
  for (let at = 0; at < picture.length; at += 3) sum += luminance(picture, at);
  const mean = Math.floor(sum / (picture.length / 3) + 0.5);
  return blended(picture, amount, () => mean);
}

/** Against a mean of each pixel's neighbours, in which it counts five times; edges stay. */
function sharpened(picture: Bytes, size: number, amount: number): Bytes {
  const line = size * 3;
  const result = Uint8Array.from(picture);
  for (let y = 1; y < size - 1; y++) {
    for (let x = 3; x < line - 3; x++) {
      const at = y * line + x;
      let sum = 4 * picture[at]!;
      for (let row = at - line; row <= at + line; row += line) {
        sum += picture[row - 3]! + picture[row]! + picture[row + 3]!;
      }
      const soft = Math.floor(sum / 13 + 0.5);
      const value = soft + (1 + amount) * (picture[at]! - soft);
      result[at] = value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
    }
  }
  return result;
}

/** Each channel by a table that is made of how often it has each value. */
function byChannel(
  picture: Bytes,
  tableOf: (counts: readonly number[]) => readonly number[],
): Bytes {
  const tables = [0, 1, 2].map((c) => {
    const counts = new Array<number>(256).fill(0);
    for (let at = c; at < picture.length; at += 3) counts[picture[at]!]!++;
    return tableOf(counts);
  });
  return picture.map((value, at) => tables[at % 3]![value]!);
}

/** From the lowest to the highest value becomes from 0 to 255. */
function stretched(counts: readonly number[]): number[] {
  const low = counts.findIndex((n) => n > 0);
  const high = counts.findLastIndex((n) => n > 0);
  const scale = high > low ? 255 / (high - low) : 1;
  const offset = high > low ? -low * scale : 0;
  return counts.map((_, value) => Math.min(255, Math.max(0, Math.trunc(value * scale + offset))));
}

/** Values become about equally frequent, as in Pillow's `equalize`. */
function equalised(counts: readonly number[]): number[] {
  const present = counts.filter((n) => n > 0);
  const total = present.reduce((a, b) => a + b, 0);
  const step = Math.floor((total - (present.at(-1) ?? 0)) / 255);
  if (present.length <= 1 || step === 0) return counts.map((_, value) => value);
  let sum = Math.floor(step / 2);
  return counts.map((n) => {
    const value = Math.min(255, Math.floor(sum / step));
    sum += n;
    return value;
  });
}
