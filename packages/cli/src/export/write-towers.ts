import { join } from 'node:path';
import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { Rank, TensorContainer } from '@tensorflow/tfjs-core';
import { key as keyOf, normal, type TextInput } from '@crossweave/core';
import { makeFolder } from '@crossweave/core/node';
import { encodeTexts } from '@crossweave/data';
import { exportedTowers, type OpenModel } from '@crossweave/models';
import { checkExport, exportOnnx, writeOnnx } from '@crossweave/tfjs-backend-onnx';
import { towersOf, type PixelInput } from './towers';

/** What was written, and how far it is from the model. */
export interface WrittenTowers {
  readonly files: readonly string[];
  /** The largest difference of a number of an embedding. */
  readonly difference: { readonly image: number; readonly text: number };
}

/** Largest difference from the model's own embeddings that is let pass. */
const tolerance = 5e-5;
const samples = 5;
const description = 'Embeddings of unit length';

/**
 * Writes `onnx/vision_model.onnx` and `onnx/text_model.onnx`, which take what a transformers library
 * gives: pixel_values [B, 3, H, W]; input_ids and attention_mask [B, N], int64. Both are compared with
 * the model on samples before a file is written.
 *
 * @throws ConfigError for a model without two towers; OnnxBackendError when a graph cannot hold it,
 *   or gives other numbers.
 */
export async function writeTowers(folder: string, model: OpenModel): Promise<WrittenTowers> {
  const { image, text } = towersOf(model);
  const { size } = model.preprocessing!;
  const maxTokens = model.maxTokens!;
  const vision = exportOnnx<PixelInput>(
    image.run,
    { pixel_values: { shape: ['batch', 3, size, size] } },
    { parameters: image.parameters, description },
  );
  const ids = { shape: ['batch', maxTokens], dtype: 'int32' } as const;
  const texts = exportOnnx<TextInput>(
    text.run,
    { input_ids: ids, attention_mask: ids },
    { parameters: text.parameters, description, int64: ['input_ids', 'attention_mask'] },
  );
  const pixels = { pixel_values: normal<Rank.R4>(keyOf(1), [samples, 3, size, size]) };
  const captions = encodeTexts(sampleTexts(), model.tokenizer!, maxTokens);
  try {
    const difference = {
      image: checked(() => checkExport(vision, image.run, pixels, { tolerance }).maxDifference),
      text: checked(() => checkExport(texts, text.run, captions, { tolerance }).maxDifference),
    };
    const onnx = join(folder, 'onnx');
    await makeFolder(onnx);
    const files = [
      ...(await writeOnnx(join(onnx, `${exportedTowers.image}.onnx`), vision)),
      ...(await writeOnnx(join(onnx, `${exportedTowers.text}.onnx`), texts)),
    ];
    return { files, difference };
  } finally {
    dispose([pixels.pixel_values, captions.input_ids, captions.attention_mask]);
  }
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
