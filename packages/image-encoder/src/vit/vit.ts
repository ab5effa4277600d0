import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import type { TransformerNames } from '../transformer/names';
import { buildTransformer } from '../transformer/transformer';
import { viTSettings, type ViTOptions, type ViTPreset } from './options';

/** The names in checkpoints of Hugging Face's `ViTModel`. */
const names: TransformerNames = {
  embeddings: {
    classToken: 'embeddings.cls_token',
    classAxes: 2,
    positions: 'embeddings.position_embeddings',
    positionAxes: 1,
    projection: 'embeddings.patch_embeddings.projection',
    bias: true,
  },
  layer: (index) => `encoder.layer.${index}`,
  parts: {
    attentionNorm: 'layernorm_before',
    query: 'attention.attention.query',
    key: 'attention.attention.key',
    value: 'attention.attention.value',
    attentionOut: 'attention.output.dense',
    hiddenNorm: 'layernorm_after',
    hidden: 'intermediate.dense',
    hiddenOut: 'output.dense',
  },
  lastNorm: 'layernorm',
};

/**
 * Hugging Face's `ViTModel` without pooling layer, with the parameter names of its checkpoints. The
 * initial weights are drawn from N(0, `initializerRange`²). (Hugging Face truncates the
 * distribution at ±2, which with a standard deviation of 0.02 has no effect.)
 */
export function buildViT(
  where: string,
  options: ViTOptions,
  preset: ViTPreset,
): LayeredEncoder<Tensor4D> {
  const settings = viTSettings(where, options, preset);
  const { layers, dim, patchSize, initializerRange: range } = settings;
  return withConfig(
    where,
    settings,
    buildTransformer(where, `vit(${layers}x${dim}, patch ${patchSize})`, settings, names, {
      ...{ classToken: range, positions: range, patches: range, attention: range },
      ...{ attentionOut: range, hidden: range, hiddenOut: range },
    }),
  );
}
