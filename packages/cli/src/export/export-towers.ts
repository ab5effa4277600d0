import type { TextInput } from '@crossweave/core';
import type { OpenModel } from '@crossweave/models';
import { exportOnnx, type ExportedModel, type ExportOptions } from '@crossweave/tfjs-backend-onnx';
import { towersOf, type PixelInput } from './towers';

/** Both towers as ONNX models, in memory. */
export interface ExportedTowers {
  readonly image: ExportedModel;
  readonly text: ExportedModel;
}

const description = 'Embeddings of unit length';

/**
 * Both towers as ONNX models that take what a transformers library gives: pixel_values
 * [B, 3, H, W]; input_ids and attention_mask [B, N], int64.
 *
 * @param pictures for int8: samples by which convolutions are quantised. Default: all is float32.
 * @throws ConfigError for a model without two towers; OnnxBackendError when a graph cannot hold it.
 */
export function exportTowers(model: OpenModel, pictures?: readonly PixelInput[]): ExportedTowers {
  const { image, text } = towersOf(model);
  const { size } = model.preprocessing!;
  const ids = { shape: ['batch', model.maxTokens!], dtype: 'int32' } as const;
  const options = (samples: readonly object[]): ExportOptions => ({
    description,
    ...(pictures !== undefined && { int8: { samples } }),
  });
  return {
    image: exportOnnx<PixelInput>(
      image.run,
      { pixel_values: { shape: ['batch', 3, size, size] } },
      { ...options(pictures ?? []), parameters: image.parameters },
    ),
    text: exportOnnx<TextInput>(
      text.run,
      { input_ids: ids, attention_mask: ids },
      { ...options([]), parameters: text.parameters, int64: ['input_ids', 'attention_mask'] },
    ),
  };
}

/** Of a model and of its weights where they are apart. */
export function bytesOf({ image, text }: ExportedTowers): number {
  return [image, text].reduce(
    (sum, { model, externalData }) => sum + model.length + (externalData?.data.length ?? 0),
    0,
  );
}
