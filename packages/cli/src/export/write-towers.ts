import { join } from 'node:path';
import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { Rank, TensorContainer } from '@tensorflow/tfjs-core';
import { key as keyOf, normal } from '@crossweave/core';
import { makeFolder } from '@crossweave/core/node';
import { encodeTexts } from '@crossweave/data';
import { exportedTowers, quantisedSuffix, type OpenModel } from '@crossweave/models';
import { checkExport, writeOnnx } from '@crossweave/tfjs-backend-onnx';
import type { ExportedTowers } from './export-towers';
import { towersOf } from './towers';

/** The largest difference of a number of an embedding. */
export interface Difference {
  readonly image: number;
  readonly text: number;
}

/** Largest difference from the model's own embeddings that is let pass. */
const tolerance = 5e-5;
const samples = 5;

/**
 * Compares float32 towers with the model on samples.
 *
 * @throws OnnxBackendError when they give other numbers.
 */
export function checkTowers(towers: ExportedTowers, model: OpenModel): Difference {
  const { image, text } = towersOf(model);
  const { size } = model.preprocessing!;
  const pixels = { pixel_values: normal<Rank.R4>(keyOf(1), [samples, 3, size, size]) };
  const captions = encodeTexts(sampleTexts(), model.tokenizer!, model.maxTokens!);
  const limits = { tolerance };
  try {
    return {
      image: checked(() => checkExport(towers.image, image.run, pixels, limits).maxDifference),
      text: checked(() => checkExport(towers.text, text.run, captions, limits).maxDifference),
    };
  } finally {
    dispose([pixels.pixel_values, captions.input_ids, captions.attention_mask]);
  }
}

/**
 * Writes `onnx/vision_model.onnx` and `onnx/text_model.onnx`, and `…_quantized.onnx` of towers in
 * int8.
 *
 * @returns the files written.
 */
export async function writeTowers(
  folder: string,
  float32: ExportedTowers,
  int8?: ExportedTowers,
): Promise<string[]> {
  const onnx = join(folder, 'onnx');
  await makeFolder(onnx);
  const files: string[] = [];
  const write = async (towers: ExportedTowers, suffix: string): Promise<void> => {
    for (const side of ['image', 'text'] as const) {
      const file = join(onnx, `${exportedTowers[side]}${suffix}.onnx`);
      files.push(...(await writeOnnx(file, towers[side])));
    }
  };
  await write(float32, '');
  if (int8 !== undefined) await write(int8, quantisedSuffix);
  return files;
}

function checked(check: () => number): number {
  return tidy((): TensorContainer => check()) as number;
}

/** Of different lengths, an empty one among them. */
function sampleTexts(): string[] {
  return Array.from({ length: samples }, (_, words) =>
    Array.from({ length: words * words }, (_unused, word) => `word ${word}`).join(' '),
  );
}
