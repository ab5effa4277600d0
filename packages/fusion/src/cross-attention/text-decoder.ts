import type { Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Context, type Key, type Params } from '@crossweave/core';
import {
  crossAttentionBlock,
  crossAttentionPart,
  feedForwardPart,
  initCrossAttentionBlock,
  initLayerNorm,
  layerNorm,
  selfAttentionPart,
} from '@crossweave/core/nn';
import type { Tokens } from '../features';
import { summaryReading, type SummaryOptions } from '../summary';
import type { TransformerFusionOptions } from '../transformer-fusion';

export interface TextDecoderOptions extends TransformerFusionOptions, SummaryOptions {
  /** Epsilon of the layer norms, in (0, 1]. */
  epsilon?: number;
}

/**
 * Layers of nn.TransformerDecoderLayer (`layers.i`) without a causal mask: the text attends to
 * itself and to the image, and the result is a summary [P, D] of the text. The self attention of
 * the first layer does not depend on the image, so `alone` runs it once per text.
 */
export function textDecoder(settings: Required<TextDecoderOptions>) {
  const { dim, layers, heads, hidden, dropout, normFirst, epsilon } = settings;
  const reading = summaryReading(settings.summary);
  const path = (i: number): string => `layers.${i}`;
  const options = (i: number, text: Tokens, ctx: Context) => {
    const keep = i === layers - 1 ? reading.keep : undefined;
    return { mask: text.mask, heads, ctx, normFirst, dropout, epsilon, keep };
  };

  return {
    init: (key: Key): Params =>
      mergeParams(
        ...Array.from({ length: layers }, (_, i) =>
          initCrossAttentionBlock(key, path(i), { dim, hidden }),
        ),
        normFirst ? initLayerNorm('norm', dim) : {},
      ),

    alone: (params: Params, text: Tokens, ctx: Context): Tokens => ({
      tokens: selfAttentionPart(params, path(0), text.tokens, options(0, text, ctx)),
      mask: text.mask,
    }),

    /**
     * Joins P texts from `alone` and m images; image i is paired with texts i·P/m to (i + 1)·P/m −
     * 1.
     */
    join: (params: Params, image: Tokens, text: Tokens, ctx: Context): Tensor2D => {
      const context = { ...options(0, text, ctx), contextMask: image.mask };
      const seen = crossAttentionPart(params, path(0), text.tokens, image.tokens, context);
      let x = feedForwardPart(params, path(0), 3, seen, context);
      for (let i = 1; i < layers; i++) {
        const block = { ...options(i, text, ctx), contextMask: image.mask };
        x = crossAttentionBlock(params, path(i), x, image.tokens, block);
      }
      const tokens = normFirst ? layerNorm(params, 'norm', x, epsilon) : x;
      return reading.of({ tokens, mask: text.mask });
    },
  };
}
