import { ShapeError, writtenTensor } from '@crossweave/core';
import {
  checkOptions,
  fields,
  listOf,
  number,
  requireNumber,
  type Checks,
} from '@crossweave/core/authoring';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Of the pixel values, per channel (red, green, blue) and on the scale 0–1. Statistics on the scale
 * 0–255 are refused: divide them by 255.
 */
export interface Normalisation {
  /** Three numbers in [0, 1]. */
  readonly mean: readonly [number, number, number];
  /** Three numbers above 0 (at least 10⁻⁶) and at most 1. */
  readonly std: readonly [number, number, number];
}

const channelChecks: Checks<Normalisation> = {
  mean: listOf(number({ min: 0, max: 1 }), { length: 3 }),
  std: listOf(number({ min: 1e-6, max: 1 }), { length: 3 }),
};

/** A normalisation as an option of another function. */
export const normalisationCheck = fields(channelChecks, ['mean', 'std']);

/** Mean and standard deviation of ImageNet's training pictures, as torchvision states them. */
export const imagenetNormalisation: Normalisation = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** Leaves values in 0–1. */
export const unitNormalisation: Normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };

/**
 * (value / 255 − mean) / std for each channel, rounded to float32 after every step, so
 * that the result has the bits of torchvision's `ToTensor` and `Normalize`.
 *
 * @param pictures B buffers of [size, size, 3] values 0–255
 * @returns [B, size, size, 3] float32, owned by the caller
 * @throws ConfigError unless the normalisation has three means and three deviations in range
 * @throws ShapeError when a picture has another number of values
 */
export function normaliseImages(
  pictures: readonly Uint8Array[],
  size: number,
  normalisation: Normalisation = imagenetNormalisation,
): Tensor4D {
  checkOptions('normaliseImages', normalisation, channelChecks, ['mean', 'std']);
  requireNumber('normaliseImages', 'size', size, { integer: true, min: 1 });
  const length = size * size * 3;
  for (const picture of pictures) {
    if (picture.length === length) continue;
    throw new ShapeError('a picture has the wrong size', {
      where: 'normaliseImages',
      expected: `${length} values ([${size}, ${size}, 3])`,
      got: picture.length,
    });
  }
  return writtenTensor<Rank.R4>([pictures.length, size, size, 3], (values) =>
    pictures.forEach((picture, b) =>
      normaliseInto(picture, values.subarray(b * length, (b + 1) * length), normalisation),
    ),
  );
}

let known: { readonly name: string; readonly tables: Tables } | undefined;

/** Writes the numbers of one picture, as {@link normaliseImages} gives them, to `values`. */
export function normaliseInto(
  picture: Uint8Array,
  values: Float32Array,
  normalisation: Normalisation,
): void {
  const name = JSON.stringify([normalisation.mean, normalisation.std]);
  if (known?.name !== name) known = { name, tables: tablesOf(normalisation) };
  lookUp(picture, values, known.tables);
}

/** For each channel, what each of the 256 bytes becomes. */
type Tables = readonly [red: Float32Array, green: Float32Array, blue: Float32Array];

/** A function of its own, since it takes most of the time and is compiled for these types alone. */
function lookUp(picture: Uint8Array, values: Float32Array, [red, green, blue]: Tables): void {
  for (let i = 0; i < picture.length; i += 3) {
    values[i] = red[picture[i]!]!;
    values[i + 1] = green[picture[i + 1]!]!;
    values[i + 2] = blue[picture[i + 2]!]!;
  }
}

function tablesOf({ mean, std }: Normalisation): Tables {
  const channel = (c: 0 | 1 | 2): Float32Array => {
    const [m, s] = [Math.fround(mean[c]), Math.fround(std[c])];
    return Float32Array.from(
      { length: 256 },
      (_, value) => Math.fround(Math.fround(value / 255) - m) / s,
    );
  };
  return [channel(0), channel(1), channel(2)];
}
