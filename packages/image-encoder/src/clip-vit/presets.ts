import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { buildClipViT } from './clip-vit';
import type { ClipViTOptions, ClipViTPreset } from './options';

const base = { imageSize: 224, dim: 768, layers: 12, heads: 12, projection: 512 } as const;

const presets = {
  clipVitB32: { ...base, patchSize: 32 },
  clipVitB16: { ...base, patchSize: 16 },
  clipVitL14: {
    ...{ imageSize: 224, patchSize: 14, dim: 1024, layers: 24, heads: 16, projection: 768 },
  },
} as const satisfies Record<string, ClipViTPreset>;

type ClipViTFactory = (options?: ClipViTOptions) => LayeredEncoder<Tensor4D>;

const preset =
  (name: keyof typeof presets): ClipViTFactory =>
  (options = {}) =>
    buildClipViT(name, options, presets[name]);

/**
 * CLIP's vision transformer of any size, with Hugging Face's parameter names. The defaults are
 * those of ViT-B/32.
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export const clipVit: ClipViTFactory = (options = {}) =>
  buildClipViT('clipVit', options, presets.clipVitB32);

/** `openai/clip-vit-base-patch32`: 224×224 pictures → 50 tokens of width 512. */
export const clipVitB32 = preset('clipVitB32');

/** `openai/clip-vit-base-patch16`: 224×224 pictures → 197 tokens of width 512. */
export const clipVitB16 = preset('clipVitB16');

/** `openai/clip-vit-large-patch14`: 224×224 pictures → 257 tokens of width 768. */
export const clipVitL14 = preset('clipVitL14');
