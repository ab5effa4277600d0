import { operate, type Operation } from './rand-augment';

/** What is done to one picture; in this order. */
export interface PictureChange {
  /** The part of it, in shares of its sides, that becomes the whole. */
  readonly crop?: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  /** Left becomes right. */
  readonly flip?: boolean;
  /** Those of RandAugment, one after another. */
  readonly operations?: readonly Operation[];
  readonly colour?: ColourChange;
  readonly grayscale?: boolean;
  /** Standard deviation of a Gaussian, in pixels. */
  readonly blur?: number;
}

/** Factors of which 1 changes nothing, and a shift of the hue in turns, of which 0 does. */
export interface ColourChange {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

/**
 * A changed copy of a decoded picture. Colour, grayscale and blur have the definitions of torchvision's
 * `adjust_*`, `rgb_to_grayscale` and `gaussian_blur` (rounded to bytes); a crop is enlarged
 * between pixel centres (bilinear).
 *
 * @param picture [size, size, 3] bytes
 * @returns [size, size, 3] bytes; the picture itself where nothing changes
 */
export function changePicture(
  picture: Uint8Array,
  size: number,
  { crop, flip = false, operations = [], colour, grayscale = false, blur }: PictureChange,
): Uint8Array {
  let changed = picture;
  if (crop !== undefined) changed = cropped(changed, size, crop);
  if (flip) changed = flipped(changed, size);
  for (const operation of operations) changed = operate(changed, size, operation);
  if (colour !== undefined) changed = coloured(changed, colour);
  if (grayscale) changed = grey(changed);
  if (blur !== undefined && blur > 0) changed = blurred(changed, size, blur);
  return changed;
}

function flipped(picture: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(picture.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + x) * 3;
      const to = (y * size + size - 1 - x) * 3;
      for (let c = 0; c < 3; c++) result[to + c] = picture[from + c]!;
    }
  }
  return result;
}

function cropped(
  picture: Uint8Array,
  size: number,
  { left, top, width, height }: Required<PictureChange>['crop'],
): Uint8Array {
  const columns = between(size, left * size, width * size);
  const rows = between(size, top * size, height * size);
  const result = new Uint8Array(picture.length);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      for (let c = 0; c < 3; c++) {
        const value = (y: number): number =>
          picture[(y * size + column.low) * 3 + c]! * (1 - column.share) +
          picture[(y * size + column.high) * 3 + c]! * column.share;
        const mixed = value(row.low) * (1 - row.share) + value(row.high) * row.share;
        result[at++] = Math.round(mixed);
      }
    }
  }
  return result;
}

/** For each of `size` places: the two pixels that it lies between, and how near the second is. */
function between(
  size: number,
  start: number,
  length: number,
): { low: number; high: number; share: number }[] {
  return Array.from({ length: size }, (_, i) => {
    const centre = Math.min(size - 1, Math.max(0, start + ((i + 0.5) * length) / size - 0.5));
    const low = Math.floor(centre);
    return { low, high: Math.min(size - 1, low + 1), share: centre - low };
  });
}

function coloured(
  picture: Uint8Array,
  { brightness, contrast, saturation, hue }: ColourChange,
): Uint8Array {
  const result = Uint8Array.from(picture, (value) => byte(value * brightness));
  let sum = 0;
  for (let i = 0; i < result.length; i += 3) sum += Math.floor(luminance(result, i));
  const mean = sum / (result.length / 3);
  for (let i = 0; i < result.length; i += 3) {
    for (let c = 0; c < 3; c++) {
      result[i + c] = byte(result[i + c]! * contrast + mean * (1 - contrast));
    }
    const level = Math.floor(luminance(result, i));
    for (let c = 0; c < 3; c++) {
      result[i + c] = byte(result[i + c]! * saturation + level * (1 - saturation));
    }
    if (hue !== 0) turnHue(result, i, hue);
  }
  return result;
}

function turnHue(picture: Uint8Array, i: number, turns: number): void {
  const [r, g, b] = [picture[i]! / 255, picture[i + 1]! / 255, picture[i + 2]! / 255];
  const most = Math.max(r, g, b);
  const range = most - Math.min(r, g, b);
  if (range === 0) return;
  const sixths =
    most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  const turned = (((sixths / 6 + turns) % 1) + 1) % 1;
  // In HSV each channel is the most, less the range where the hue is far from it.
  [5, 3, 1].forEach((offset, c) => {
    const place = (offset + turned * 6) % 6;
    const far = Math.max(0, Math.min(place, 4 - place, 1));
    picture[i + c] = byte((most - range * far) * 255);
  });
}

function grey(picture: Uint8Array): Uint8Array {
  const result = new Uint8Array(picture.length);
  for (let i = 0; i < picture.length; i += 3) {
    result.fill(Math.floor(luminance(picture, i)), i, i + 3);
  }
  return result;
}

/** Of the pixel at `i`, by ITU-R 601. */
function luminance(picture: Uint8Array, i: number): number {
  return 0.2989 * picture[i]! + 0.587 * picture[i + 1]! + 0.114 * picture[i + 2]!;
}

function blurred(picture: Uint8Array, size: number, sigma: number): Uint8Array {
  const reach = Math.min(size - 1, Math.max(1, Math.ceil(3 * sigma)));
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const along = (source: ArrayLike<number>, step: number, line: number): Float64Array => {
    const result = new Float64Array(source.length);
    for (let l = 0; l < size; l++) {
      for (let i = 0; i < size; i++) {
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let k = -reach; k <= reach; k++) {
            sum += weights[k + reach]! * source[l * line + mirrored(i + k, size) * step + c]!;
          }
          result[l * line + i * step + c] = sum / total;
        }
      }
    }
    return result;
  };
  const wide = along(picture, 3, size * 3);
  return Uint8Array.from(along(wide, size * 3, 3), byte);
}

/** What lies beyond an edge is what lies before it, the edge itself not repeated. */
function mirrored(at: number, size: number): number {
  const inside = at < 0 ? -at : at;
  return inside < size ? inside : 2 * (size - 1) - inside;
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
