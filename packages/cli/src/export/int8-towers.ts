import { dispose, tidy, transpose, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Features, FrozenEncoder, PairSplit, TextInput } from '@crossweave/core';
import { processorHere } from '@crossweave/core/node';
import {
  chanceOf,
  compareFidelity,
  encodeSplit,
  type FeatureCache,
  type Fidelity,
} from '@crossweave/lab';
import type { OpenModel } from '@crossweave/models';
import { openExport, type OpenExport } from '@crossweave/tfjs-backend-onnx';
import { bytesOf, exportTowers, type ExportedTowers } from './export-towers';
import type { Int8Data } from './int8-data';
import type { PixelInput } from './towers';

/** What int8 costs and saves. */
export interface Int8Figures extends Fidelity {
  readonly split: string;
  /** Recall at 1 of scores that know nothing. */
  readonly chance: { readonly i2t: number; readonly t2i: number };
  /** Images of the training split that convolutions took their ranges from. */
  readonly calibratedBy: number;
  /** Of the files of both towers. */
  readonly bytes: { readonly float32: number; readonly int8: number };
  /** Name of the one that measured. */
  readonly processor: string;
}

/** Images that convolutions take their ranges from, at most, spread over the training split. */
const calibrating = 128;
const batchSize = 32;

/**
 * Exports both towers in int8, and measures on ONNX Runtime how far their features and their
 * retrieval are from those of the `float32` files.
 */
export async function int8Towers(
  model: OpenModel,
  float32: ExportedTowers,
  { calibration, gate }: Int8Data,
  signal: AbortSignal,
): Promise<{ readonly towers: ExportedTowers; readonly figures: Int8Figures }> {
  const pictures = await samplesOf(calibration, signal);
  let towers: ExportedTowers;
  try {
    towers = exportTowers(model, pictures);
  } finally {
    dispose(pictures.map(({ pixel_values }) => pixel_values));
  }
  const before = await features(model.dim, float32, gate, signal);
  const after = await features(model.dim, towers, gate, signal);
  const chance = chanceOf(before);
  const figures = {
    ...compareFidelity(before, after),
    split: gate.name,
    chance: { i2t: chance['retrieval.i2t.r1']!, t2i: chance['retrieval.t2i.r1']! },
    calibratedBy: Math.min(calibration.records.length, calibrating),
    bytes: { float32: bytesOf(float32), int8: bytesOf(towers) },
    processor: processorHere().name,
  };
  return { towers, figures };
}

/** Pictures of a split in batches, the caller's to dispose. */
async function samplesOf(split: PairSplit, signal: AbortSignal): Promise<PixelInput[]> {
  const total = split.records.length;
  const count = Math.min(total, calibrating);
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * total) / count));
  const samples: PixelInput[] = [];
  try {
    for (let from = 0; from < count; from += batchSize) {
      signal.throwIfAborted();
      const pictures = await split.images(rows.slice(from, from + batchSize));
      samples.push(asPixels(pictures));
      pictures.dispose();
    }
    return samples;
  } catch (error) {
    dispose(samples.map(({ pixel_values }) => pixel_values));
    throw error;
  }
}

/** [B, H, W, C] as [B, C, H, W]. */
const asPixels = (pictures: Tensor4D): PixelInput => ({
  pixel_values: tidy(() => transpose(pictures, [0, 3, 1, 2])),
});

async function features(
  dim: number,
  { image, text }: ExportedTowers,
  split: PairSplit,
  signal: AbortSignal,
): Promise<FeatureCache> {
  using images = openExport(image);
  using texts = openExport(text);
  return await encodeSplit({
    split,
    image: frozen<Tensor4D>(dim, (pictures) => {
      const pixels = asPixels(pictures);
      try {
        return outputOf(images, pixels, 'image_embeds');
      } finally {
        pixels.pixel_values.dispose();
      }
    }),
    text: frozen<TextInput>(dim, (input) => outputOf(texts, input, 'text_embeds')),
    batchSize,
    signal,
  });
}

const outputOf = (model: OpenExport, input: object, name: string): Tensor2D =>
  model.run(input)[name] as Tensor2D;

function frozen<Input>(dim: number, run: (input: Input) => Tensor2D): FrozenEncoder<Input> {
  return {
    name: 'exported tower',
    features: { dim, tokens: 0 },
    fingerprint: '',
    // A tower has a summary alone, as a FrozenEncoder of no tokens gives it.
    encode: (input) => Promise.resolve({ pooled: run(input) } as Features),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
