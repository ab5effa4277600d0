import { concat, mul, ones, reshape } from '@tensorflow/tfjs-core';
import type { Rank, Tensor3D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, normal, parameter, type Fusion } from '@crossweave/core';
import {
  initLayerNorm,
  initTransformerBlock,
  layerNorm,
  transformerBlock,
} from '@crossweave/core/nn';
import {
  imageOfEachText,
  tokenFusionDefaults,
  transformerFusion,
  transformerFusionChecks,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';

export type SingleStreamOptions = TransformerFusionOptions;

/**
 * Early fusion: one transformer over [CLS], text tokens, image tokens (VisualBERT,
 * arXiv 1908.03557; ViLT, arXiv 2102.03334). Each side is projected to D, gets its type
 * and its positions, and is normalised. `joint` [B, D] is the output at [CLS], `match` a
 * linear head on it. The blocks are `encoder.layers.i` of nn.TransformerEncoder.
 */
export function singleStream(options: SingleStreamOptions = {}): Fusion {
  const where = 'singleStream';
  const settings = transformerSettings(
    where,
    options,
    { ...tokenFusionDefaults, normFirst: false },
    transformerFusionChecks,
  );
  const { dim, layers, heads, hidden, dropout, normFirst } = settings;

  return transformerFusion({
    where,
    name: `single-stream(${dim}x${layers})`,
    family: 'early',
    settings,
    width: dim,
    init: (key) =>
      mergeParams(
        { cls_token: normal(foldIn(key, 'cls_token'), [1, 1, dim], 0, 0.02) },
        ...Array.from({ length: layers }, (_, i) =>
          initTransformerBlock(key, `encoder.layers.${i}`, { dim, hidden }),
        ),
        normFirst ? initLayerNorm('encoder.norm', dim) : {},
      ),
    join: (params, images, text, ctx) => {
      const image = imageOfEachText(images, text);
      const size = text.tokens.shape[0];
      const cls = mul<Tensor3D>(parameter(params, 'cls_token'), ones([size, 1, 1]));
      const mask = concat([ones<Rank.R2>([size, 1]), text.mask, image.mask], 1);
      let x = concat([cls, text.tokens, image.tokens], 1);
      for (let i = 0; i < layers; i++) {
        const keep = i === layers - 1 ? 1 : undefined;
        const block = { mask, heads, ctx, normFirst, dropout, keep };
        x = transformerBlock(params, `encoder.layers.${i}`, x, block);
      }
      const first = reshape<Rank.R2>(x, [size, dim]);
      return normFirst ? layerNorm(params, 'encoder.norm', first) : first;
    },
  });
}
