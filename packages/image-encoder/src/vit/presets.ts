import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Encoder } from '@crossweave/core';
import type { ViTOptions, ViTPreset } from './options';
import { buildViT } from './vit';

const presets = {
  vitB16: { imageSize: 224, patchSize: 16, dim: 768, layers: 12, heads: 12 },
  vitSmall: { imageSize: 64, patchSize: 8, dim: 128, layers: 4, heads: 4 },
} as const satisfies Record<string, ViTPreset>;

/**
 * A vision transformer of any size, with Hugging Face's parameter names. The defaults are
 * ViT-B/16's.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function vit(options: ViTOptions = {}): Encoder<Tensor4D> {
  return buildViT('vit', options, presets.vitB16);
}

/** `google/vit-base-patch16-224`: 224×224 pictures → 197 tokens of width 768. */
export function vitB16(options: ViTOptions = {}): Encoder<Tensor4D> {
  return buildViT('vitB16', options, presets.vitB16);
}

/**
 * For small pictures and training on a CPU: 64×64 → 65 tokens of width 128, 4 layers, about
 * 0.8 million parameters. Not the ViT-S of the papers (width 384, 12 layers).
 */
export function vitSmall(options: ViTOptions = {}): Encoder<Tensor4D> {
  return buildViT('vitSmall', options, presets.vitSmall);
}
