import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import type { TransformerNames } from '../transformer/names';
import type { VisionTransformerPreset } from '../transformer/options';
import { buildTransformer } from '../transformer/transformer';
import { dinov2Settings, type DinoOptions } from './options';

/** The names in checkpoints of Hugging Face's `Dinov2Model`. */
const names: TransformerNames = {
  embeddings: {
    classToken: 'embeddings.cls_token',
    classAxes: 2,
    registers: 'embeddings.register_tokens',
    positions: 'embeddings.position_embeddings',
    positionAxes: 1,
    projection: 'embeddings.patch_embeddings.projection',
    bias: true,
  },
  layer: (index) => `encoder.layer.${index}`,
  parts: {
    attentionNorm: 'norm1',
    query: 'attention.attention.query',
    key: 'attention.attention.key',
    value: 'attention.attention.value',
    attentionOut: 'attention.output.dense',
    attentionScale: 'layer_scale1.lambda1',
    hiddenNorm: 'norm2',
    hidden: 'mlp.fc1',
    hiddenOut: 'mlp.fc2',
    hiddenScale: 'layer_scale2.lambda1',
  },
  lastNorm: 'layernorm',
};

/**
 * DINOv2's vision transformer (Oquab et al. 2023), with or without registers, with the parameter
 * names of Hugging Face's `Dinov2Model` and `Dinov2WithRegistersModel`: residuals have learned
 * factors, which begin at 1.
 */
export function buildDinov2(
  where: string,
  options: DinoOptions,
  preset: VisionTransformerPreset,
): LayeredEncoder<Tensor4D> {
  const settings = dinov2Settings(where, options, preset);
  const { layers, dim, patchSize, initializerRange: range } = settings;
  return withConfig(
    where,
    settings,
    buildTransformer(
      where,
      `dinov2(${layers}x${dim}, patch ${patchSize})`,
      // The two originals interpolate differently.
      { ...settings, antialias: settings.registers > 0 },
      names,
      {
        ...{ classToken: range, positions: range, patches: range, attention: range },
        ...{ attentionOut: range, hidden: range, hiddenOut: range },
      },
    ),
  );
}
