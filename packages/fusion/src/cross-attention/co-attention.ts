import { concat, type Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Fusion, type Key, type Params } from '@crossweave/core';
import {
  crossAttentionBlock,
  initCrossAttentionBlock,
  initLayerNorm,
  layerNorm,
  maskedMean,
} from '@crossweave/core/nn';
import type { Side, Tokens } from '../features';
import {
  imageOfEachText,
  transformerFusion,
  transformerFusionChecks,
  transformerFusionDefaults,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';

export type CoAttentionOptions = TransformerFusionOptions;

/**
 * Cross-attention fusion in two streams (METER, arXiv 2111.02387; ViLBERT, arXiv 1908.02265): each
 * layer has self-attention, cross-attention to the other stream and a feed-forward network. Both
 * streams read the values of the other stream's previous layer. `joint` [B, 2D] concatenates the
 * masked means of the image stream and the text stream; `match` is a linear head on it. Streams
 * have METER's names, their layers those of nn.TransformerDecoderLayer.
 */
export function coAttention(options: CoAttentionOptions = {}): Fusion {
  const where = 'coAttention';
  const settings = transformerSettings(
    where,
    options,
    transformerFusionDefaults,
    transformerFusionChecks,
  );
  const { dim, layers, heads, hidden, dropout, normFirst } = settings;

  const layerPath = (side: Side, i: number): string => `cross_modal_${side}_layers.${i}`;
  const normPath = (side: Side): string => `cross_modal_${side}_norm`;

  const initStream = (key: Key, side: Side): Params =>
    mergeParams(
      ...Array.from({ length: layers }, (_, i) =>
        initCrossAttentionBlock(key, layerPath(side, i), { dim, hidden }),
      ),
      normFirst ? initLayerNorm(normPath(side), dim) : {},
    );

  const layer = (
    params: Params,
    path: string,
    own: Tokens,
    other: Tokens,
    ctx: Context,
  ): Tokens => {
    const masks = { mask: own.mask, contextMask: other.mask };
    const block = { ...masks, heads, ctx, normFirst, dropout };
    const tokens = crossAttentionBlock(params, path, own.tokens, other.tokens, block);
    return { tokens, mask: own.mask };
  };

  const pool = (params: Params, side: Side, { tokens, mask }: Tokens): Tensor2D =>
    maskedMean(normFirst ? layerNorm(params, normPath(side), tokens) : tokens, mask);

  return transformerFusion({
    where,
    name: `co-attention(${dim}x${layers})`,
    family: 'cross-attention',
    settings,
    width: 2 * dim,
    init: (key) => mergeParams(initStream(key, 'image'), initStream(key, 'text')),
    join: (params, image, text, ctx) => {
      let streams: Record<Side, Tokens> = { image: imageOfEachText(image, text), text };
      for (let i = 0; i < layers; i++) {
        streams = {
          image: layer(params, layerPath('image', i), streams.image, streams.text, ctx),
          text: layer(params, layerPath('text', i), streams.text, streams.image, ctx),
        };
      }
      return concat([pool(params, 'image', streams.image), pool(params, 'text', streams.text)], 1);
    },
  });
}
