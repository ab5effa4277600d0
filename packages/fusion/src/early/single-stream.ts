import { concat, mul, ones, reshape } from '@tensorflow/tfjs-core';
import type { Rank, Tensor3D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, normal, parameter, type Fusion } from '@crossweave/core';
import {
  imageOfEachText,
  transformerFusion,
  transformerFusionChecks,
  transformerFusionDefaults,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';
import { transformerStack } from '../transformer-stack';

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
    transformerFusionDefaults,
    transformerFusionChecks,
  );
  const { dim, layers } = settings;
  const encoder = transformerStack('encoder', settings);

  return transformerFusion({
    where,
    name: `single-stream(${dim}x${layers})`,
    family: 'early',
    settings,
    width: dim,
    init: (key) =>
      mergeParams(
        { cls_token: normal(foldIn(key, 'cls_token'), [1, 1, dim], 0, 0.02) },
        encoder.init(key),
      ),
    join: (params, images, text, ctx) => {
      const image = imageOfEachText(images, text);
      const size = text.tokens.shape[0];
      const cls = mul<Tensor3D>(parameter(params, 'cls_token'), ones([size, 1, 1]));
      const mask = concat([ones<Rank.R2>([size, 1]), text.mask, image.mask], 1);
      const tokens = concat([cls, text.tokens, image.tokens], 1);
      return reshape<Rank.R2>(encoder.apply(params, tokens, mask, ctx, 1), [size, dim]);
    },
  });
}
