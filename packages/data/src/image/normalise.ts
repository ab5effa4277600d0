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
import { normaliseWasm } from './normalise-wasm';

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

/** Values that are worked on at once, a multiple of twelve: with their numbers they fit in the first cache. */
const stripLength = 6144;
/** Places in the module's memory: statistics, bytes, and numbers, with room for what the loop reads beyond. */
const bytesAt = 96;
const numbersAt = bytesAt + stripLength + 32;

/** Writes the numbers of one picture, as {@link normaliseImages} gives them, to `values`. */
export function normaliseInto(
  picture: Uint8Array,
  values: Float32Array,
  normalisation: Normalisation,
): void {
  const { kernel, bytes, numbers } = kernelFor(normalisation);
  const from = numbersAt / Float32Array.BYTES_PER_ELEMENT;
  for (let at = 0; at < picture.length; at += stripLength) {
    const count = Math.min(stripLength, picture.length - at);
    bytes.set(picture.subarray(at, at + count), bytesAt);
    kernel.normalise(bytesAt, bytesAt + count, numbersAt, 0);
    values.set(numbers.subarray(from, from + count), at);
  }
}

/** What normalise.wat exports; places are byte offsets into the memory. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  normalise(source: number, end: number, target: number, statistics: number): void;
}

/** Of the JavaScript standard, but in no types without a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

let loaded: { kernel: Kernel; bytes: Uint8Array; numbers: Float32Array } | undefined;

/** The loop, with the statistics of twelve values in a row in its memory. */
function kernelFor({ mean, std }: Normalisation): NonNullable<typeof loaded> {
  loaded ??= load();
  for (let i = 0; i < 12; i++) {
    loaded.numbers[i] = mean[i % 3]!;
    loaded.numbers[12 + i] = std[i % 3]!;
  }
  return loaded;
}

function load(): NonNullable<typeof loaded> {
  const module = new WebAssembly.Module(Buffer.from(normaliseWasm, 'base64'));
  const kernel = new WebAssembly.Instance(module).exports as Kernel;
  const { buffer } = kernel.memory;
  return { kernel, bytes: new Uint8Array(buffer), numbers: new Float32Array(buffer) };
}
