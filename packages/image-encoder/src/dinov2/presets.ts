import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { buildDinov2 } from './dinov2';
import type { DinoOptions } from './options';

const base = { imageSize: 224, patchSize: 14, dim: 768, layers: 12, heads: 12 } as const;

/**
 * DINOv2's vision transformer of any size, with Hugging Face's parameter names. The defaults are
 * those of `facebook/dinov2-base`; `facebook/dinov2-with-registers-base` has `registers: 4`. (The
 * giant models, whose feed-forward layers are gated, are not supported.)
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function dinov2(options: DinoOptions = {}): LayeredEncoder<Tensor4D> {
  return buildDinov2('dinov2', options, base);
}
