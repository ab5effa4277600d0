import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import type { ViTOptions, ViTPreset } from './options';
import { buildViT } from './vit';

const presets = {
  vitTi16: { imageSize: 224, patchSize: 16, dim: 192, layers: 12, heads: 3 },
  vitS16: { imageSize: 224, patchSize: 16, dim: 384, layers: 12, heads: 6 },
  vitB16: { imageSize: 224, patchSize: 16, dim: 768, layers: 12, heads: 12 },
  vitB32: { imageSize: 224, patchSize: 32, dim: 768, layers: 12, heads: 12 },
  vitL16: { imageSize: 224, patchSize: 16, dim: 1024, layers: 24, heads: 16 },
  vitSmall: { imageSize: 64, patchSize: 8, dim: 128, layers: 4, heads: 4 },
} as const satisfies Record<string, ViTPreset>;

type ViTFactory = (options?: ViTOptions) => LayeredEncoder<Tensor4D>;

const preset =
  (name: keyof typeof presets): ViTFactory =>
  (options = {}) =>
    buildViT(name, options, presets[name]);

/**
 * A vision transformer of any size, with Hugging Face's parameter names. The defaults are those of
 * ViT-B/16.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export const vit: ViTFactory = (options = {}) => buildViT('vit', options, presets.vitB16);

/** ViT-Ti/16 (Touvron et al. 2020): 224×224 pictures → 197 tokens of width 192. */
export const vitTi16 = preset('vitTi16');

/** ViT-S/16 (Touvron et al. 2020): 224×224 pictures → 197 tokens of width 384. */
export const vitS16 = preset('vitS16');

/** `google/vit-base-patch16-224`: 224×224 pictures → 197 tokens of width 768. */
export const vitB16 = preset('vitB16');

/** `google/vit-base-patch32-224-in21k`: 224×224 pictures → 50 tokens of width 768. */
export const vitB32 = preset('vitB32');

/** `google/vit-large-patch16-224`: 224×224 pictures → 197 tokens of width 1024. */
export const vitL16 = preset('vitL16');

/**
 * For small pictures and training on a CPU: 64×64 → 65 tokens of width 128, 4 layers, about 0.8
 * million parameters. (The ViT-S of the papers is `vitS16`.)
 */
export const vitSmall = preset('vitSmall');
