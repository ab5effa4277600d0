import { concat, type Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Fusion, type Key, type Params } from '@crossweave/core';
import {
  crossAttentionPart,
  feedForwardPart,
  initCrossAttentionBlock,
  initLayerNorm,
  layerNorm,
  maskedMean,
  repeatRows,
  selfAttentionPart,
} from '@crossweave/core/nn';
import type { Side, Tokens } from '../features';
import {
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
    const attended = selfAttentionPart(params, path, own.tokens, block);
    // Up to here an image is the same in all its pairs, and so is the context of their texts.
    const count = Math.max(1, other.tokens.shape[0] / own.tokens.shape[0]);
    const each = { tokens: repeatRows(attended, count), mask: repeatRows(own.mask, count) };
    const crossed = crossAttentionPart(params, path, each.tokens, other.tokens, block);
    return { tokens: feedForwardPart(params, path, 3, crossed, block), mask: each.mask };
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
      // The image is one of several texts until it has read them.
      let streams: Record<Side, Tokens> = { image, text };
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
