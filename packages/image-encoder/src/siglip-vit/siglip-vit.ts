import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import type { TransformerNames } from '../transformer/names';
import type { VisionTransformerPreset } from '../transformer/options';
import { buildTransformer } from '../transformer/transformer';
import { attentionHead } from './attention-head';
import { siglipViTSettings, type SiglipViTOptions } from './options';

const names: TransformerNames = {
  embeddings: {
    classAxes: 0,
    positions: 'vision_model.embeddings.position_embedding.weight',
    positionAxes: 0,
    projection: 'vision_model.embeddings.patch_embedding',
    bias: true,
  },
  layer: (index) => `vision_model.encoder.layers.${index}`,
  parts: {
    attentionNorm: 'layer_norm1',
    query: 'self_attn.q_proj',
    key: 'self_attn.k_proj',
    value: 'self_attn.v_proj',
    attentionOut: 'self_attn.out_proj',
    hiddenNorm: 'layer_norm2',
    hidden: 'mlp.fc1',
    hiddenOut: 'mlp.fc2',
  },
  lastNorm: 'vision_model.post_layernorm',
};

/**
 * SigLIP's vision transformer (Zhai et al. 2023) with the parameter names of Hugging Face's
 * `SiglipVisionModel`. It has no class token; `pooled` is the result of its attention pooling head,
 * in the shared embedding space.
 */
export function buildSiglipViT(
  where: string,
  options: SiglipViTOptions,
  preset: VisionTransformerPreset,
): LayeredEncoder<Tensor4D> {
  const settings = siglipViTSettings(where, options, preset);
  const { layers, dim, hidden, patchSize } = settings;
  const width = dim ** -0.5;
  return withConfig(
    where,
    settings,
    buildTransformer(
      where,
      `siglip-vit(${layers}x${dim}, patch ${patchSize})`,
      { ...settings, pooling: attentionHead('vision_model.head', settings) },
      names,
      // The same standard deviations as in Hugging Face, where the layers are Xavier uniform.
      {
        ...{ classToken: width, positions: width, patches: (3 * patchSize * patchSize) ** -0.5 },
        ...{ attention: width, attentionOut: width },
        ...{ hidden: (2 / (dim + hidden)) ** 0.5, hiddenOut: (2 / (dim + hidden)) ** 0.5 },
      },
    ),
  );
}
