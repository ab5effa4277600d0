import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import type { VisionTransformerPreset } from '../transformer/options';
import type { SiglipViTOptions } from './options';
import { buildSiglipViT } from './siglip-vit';

const base = {
  ...{ imageSize: 224, patchSize: 16, dim: 768, layers: 12, heads: 12 },
} as const satisfies VisionTransformerPreset;

/**
 * SigLIP's and SigLIP 2's vision transformer of any size, with Hugging Face's parameter names. The
 * defaults are those of `google/siglip-base-patch16-224`. (SigLIP 2's NaFlex models, which take
 * pictures of any proportions, are others.)
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function siglipVit(options: SiglipViTOptions = {}): LayeredEncoder<Tensor4D> {
  return buildSiglipViT('siglipVit', options, base);
}
