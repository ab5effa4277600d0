import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayeredEncoder } from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import type { TransformerNames } from '../transformer/names';
import type { Grid } from '../transformer/positions';
import { buildTransformer } from '../transformer/transformer';
import { dinov3Settings, type Dinov3Options } from './options';

/** The names in checkpoints of Hugging Face's `DINOv3ViTModel`. */
const names: TransformerNames = {
  embeddings: {
    classToken: 'embeddings.cls_token',
    classAxes: 2,
    registers: 'embeddings.register_tokens',
    positionAxes: 0,
    projection: 'embeddings.patch_embeddings',
    bias: true,
  },
  layer: (index) => `layer.${index}`,
  parts: {
    attentionNorm: 'norm1',
    query: 'attention.q_proj',
    key: 'attention.k_proj',
    keyBias: false,
    value: 'attention.v_proj',
    attentionOut: 'attention.o_proj',
    attentionScale: 'layer_scale1.lambda1',
    hiddenNorm: 'norm2',
    hidden: 'mlp.up_proj',
    hiddenOut: 'mlp.down_proj',
    hiddenScale: 'layer_scale2.lambda1',
  },
  lastNorm: 'norm',
};

/**
 * DINOv3's vision transformer (Siméoni et al. 2025) of any size, with the parameter names of Hugging
 * Face's `DINOv3ViTModel`. Queries and keys of patches are turned by their place, so pictures of any
 * size need no interpolation. In training the places stay as they are; the original moves them at
 * random. The defaults are those of `facebook/dinov3-vits16-pretrain-lvd1689m`. (The models whose
 * feed-forward layers are gated, ViT-H+ and ViT-7B, are not supported.)
 *
 * @throws ConfigError for an unknown option or one out of range.
 */
export function dinov3(options: Dinov3Options = {}): LayeredEncoder<Tensor4D> {
  const all = dinov3Settings('dinov3', options);
  const { theta, ...settings } = all;
  const { layers, dim, heads, patchSize, initializerRange: range } = settings;
  const angles = (grid: Grid): number[][] => placeAngles(grid, dim / heads, theta);
  return withConfig(
    'dinov3',
    all,
    buildTransformer(
      'dinov3',
      `dinov3(${layers}x${dim}, patch ${patchSize})`,
      { ...settings, angles },
      names,
      {
        ...{ classToken: range, positions: range, patches: range, attention: range },
        ...{ attentionOut: range, hidden: range, hiddenOut: range },
      },
    ),
  );
}

/**
 * Of each patch, row by row, Dh / 2 angles: 2π · y · θ^(−4k / Dh) for k < Dh / 4, then the same of x.
 * Centres lie in (−1, 1), from top to bottom and from left to right.
 */
function placeAngles([rows, columns]: Grid, headDim: number, theta: number): number[][] {
  const frequencies = Array.from({ length: headDim / 4 }, (_, k) => theta ** ((-4 * k) / headDim));
  const turns = (place: number, count: number): number[] =>
    frequencies.map((frequency) => 2 * Math.PI * ((2 * (place + 0.5)) / count - 1) * frequency);
  return Array.from({ length: rows * columns }, (_, patch) => [
    ...turns(Math.floor(patch / columns), rows),
    ...turns(patch % columns, columns),
  ]);
}
