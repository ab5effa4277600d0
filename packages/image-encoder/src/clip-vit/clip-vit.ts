import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import type { TransformerDeviations, TransformerNames } from '../transformer/names';
import { buildTransformer } from '../transformer/transformer';
import {
  clipViTSettings,
  type ClipViTOptions,
  type ClipViTPreset,
  type ClipViTSettings,
} from './options';

const names: TransformerNames = {
  embeddings: {
    classToken: 'vision_model.embeddings.class_embedding',
    classAxes: 0,
    positions: 'vision_model.embeddings.position_embedding.weight',
    positionAxes: 0,
    projection: 'vision_model.embeddings.patch_embedding',
    bias: false,
  },
  // This misspelling is in every checkpoint.
  firstNorm: 'vision_model.pre_layrnorm',
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
 * CLIP's vision transformer (Radford et al. 2021), with the parameter names of Hugging Face's
 * `CLIPVisionModelWithProjection`.
 *
 * `pooled` is the class token. The last layer norm and the projection are applied to all tokens, so
 * tokens and `pooled` are in the same embedding space.
 */
export function buildClipViT(
  where: string,
  options: ClipViTOptions,
  preset: ClipViTPreset,
): LayeredEncoder<Tensor4D> {
  const settings = clipViTSettings(where, options, preset);
  const { layers, dim, patchSize, projection } = settings;
  return withConfig(
    where,
    settings,
    buildTransformer(
      where,
      `clip-vit(${layers}x${dim}, patch ${patchSize})`,
      {
        ...settings,
        pooling: 'class',
        projection:
          projection === false
            ? undefined
            : { path: 'visual_projection', dim: projection, deviation: dim ** -0.5 },
      },
      names,
      deviations(settings),
    ),
  );
}

/** As Hugging Face's `CLIPPreTrainedModel._init_weights` with a factor of 1. */
function deviations({ dim, layers }: ClipViTSettings): TransformerDeviations {
  const [width, depth] = [dim ** -0.5, (2 * layers) ** -0.5];
  return {
    classToken: width,
    positions: 0.02,
    patches: 0.02,
    attention: width * depth,
    attentionOut: width,
    hidden: (2 * dim) ** -0.5,
    hiddenOut: width * depth,
  };
}
