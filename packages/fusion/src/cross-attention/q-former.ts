import { concat, mean, mul, ones, slice } from '@tensorflow/tfjs-core';
import type { Rank, Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  normal,
  parameter,
  type Context,
  type Fusion,
  type Key,
  type Params,
} from '@crossweave/core';
import { count, type Checks } from '@crossweave/core/authoring';
import {
  crossAttentionPart,
  dropout as drop,
  feedForwardPart,
  initLayerNorm,
  initLinear,
  initMultiHeadAttention,
  layerNorm,
  selfAttentionPart,
} from '@crossweave/core/nn';
import type { Tokens } from '../features';
import { epsilonCheck } from '../option-checks';
import {
  tokenFusionChecks,
  tokenFusionDefaults,
  transformerFusion,
  transformerSettings,
  type TokenFusionOptions,
} from '../transformer-fusion';

export interface QFormerOptions extends TokenFusionOptions {
  /** Q, the number of learned queries. Default 32. */
  queries?: number;
  /** The interval k: layers 0, k, 2k, … attend to the image. Default 2. */
  crossEvery?: number;
  /** Epsilon of the layer norms, in (0, 1]. Default 1e-12, as in BERT. */
  epsilon?: number;
}

const checks: Checks<QFormerOptions> = {
  ...tokenFusionChecks,
  queries: count(),
  crossEvery: count(),
  epsilon: epsilonCheck,
};

const queryPath = 'query_tokens';

/**
 * Cross-attention fusion by learned queries (BLIP-2's Q-Former, arXiv 2301.12597): in each layer
 * queries and text share one self attention. In every `crossEvery`-th layer the queries (not the
 * text) attend to the image's tokens. Then queries and text each have a feed-forward network. Layer
 * norm comes after each sublayer. `joint` [B, D] is the mean of the queries' outputs, `match` a
 * linear head on it, which equals the mean of BLIP-2's matching head over the queries.
 *
 * `layers.i` has the keys of nn.TransformerDecoderLayer, with the queries' `linear1`, `linear2` and
 * `norm3` under `layers.i.query`. The last layer has no feed-forward network for the text, whose
 * output is not read. The part of the first layer before attention to the image runs once per text.
 */
export function qFormer(options: QFormerOptions = {}): Fusion {
  const where = 'qFormer';
  const settings = transformerSettings<QFormerOptions>(
    where,
    options,
    { ...tokenFusionDefaults, queries: 32, crossEvery: 2, epsilon: 1e-12 },
    checks,
  );
  const { dim, layers, heads, hidden, dropout, queries, crossEvery, epsilon } = settings;

  const path = (i: number): string => `layers.${i}`;
  const isLast = (i: number): boolean => i === layers - 1;
  const seesImage = (i: number): boolean => i % crossEvery === 0;

  const initFeedForward = (key: Key, at: string): Params =>
    mergeParams(
      initLinear(key, `${at}.linear1`, { in: dim, out: hidden }),
      initLinear(key, `${at}.linear2`, { in: hidden, out: dim }),
      initLayerNorm(`${at}.norm3`, dim),
    );

  const initLayer = (key: Key, i: number): Params =>
    mergeParams(
      initMultiHeadAttention(key, `${path(i)}.self_attn`, { dim }),
      initLayerNorm(`${path(i)}.norm1`, dim),
      seesImage(i) ? initMultiHeadAttention(key, `${path(i)}.multihead_attn`, { dim }) : {},
      seesImage(i) ? initLayerNorm(`${path(i)}.norm2`, dim) : {},
      initFeedForward(key, `${path(i)}.query`),
      isLast(i) ? {} : initFeedForward(key, path(i)),
    );

  /** Self attention over [queries, text]. The last layer computes only the queries. */
  const shared = (params: Params, i: number, both: Tokens, ctx: Context): Tensor3D => {
    const keep = isLast(i) ? queries : undefined;
    const block = { mask: both.mask, heads, ctx, dropout, epsilon, keep };
    return selfAttentionPart(params, path(i), both.tokens, block);
  };

  const split = (x: Tensor3D): { query: Tensor3D; text?: Tensor3D } => {
    const [size, count] = x.shape;
    if (count === queries) return { query: x };
    const text = slice(x, [0, queries, 0], [size, count - queries, dim]);
    return { query: slice(x, [0, 0, 0], [size, queries, dim]), text };
  };

  const textRest = (params: Params, i: number, text: Tensor3D, ctx: Context): Tensor3D =>
    feedForwardPart(params, path(i), 3, text, { heads, ctx, dropout, epsilon });

  const queryRest = (
    params: Params,
    i: number,
    query: Tensor3D,
    image: Tokens,
    ctx: Context,
  ): Tensor3D => {
    const block = { contextMask: image.mask, heads, ctx, dropout, epsilon };
    const seen = seesImage(i)
      ? crossAttentionPart(params, path(i), query, image.tokens, block)
      : query;
    return feedForwardPart(params, `${path(i)}.query`, 3, seen, block);
  };

  /**
   * The part of layer 0 that does not depend on the image: the queries' self attention, and the
   * whole layer of the text.
   */
  const alone = (params: Params, text: Tokens, ctx: Context): Tokens => {
    const size = text.tokens.shape[0];
    // The embedding's layer norm is shared by all tokens, including the queries.
    const normed = layerNorm(params, 'text_norm', parameter<Tensor3D>(params, queryPath));
    const repeated = mul<Tensor3D>(normed, ones([size, 1, 1]));
    const tokens = concat([drop(repeated, dropout, ctx, queryPath), text.tokens], 1);
    const mask = concat([ones<Rank.R2>([size, queries]), text.mask], 1);
    const { query, text: words } = split(shared(params, 0, { tokens, mask }, ctx));
    const both = words && concat([query, textRest(params, 0, words, ctx)], 1);
    return { tokens: both ?? query, mask };
  };

  return transformerFusion({
    where,
    name: `q-former(${dim}x${layers}, ${queries})`,
    family: 'cross-attention',
    settings,
    width: dim,
    init: (key) =>
      mergeParams(
        { [queryPath]: normal(foldIn(key, queryPath), [1, queries, dim], 0, 0.02) },
        ...Array.from({ length: layers }, (_, i) => initLayer(key, i)),
      ),
    prepare: { text: alone },
    join: (params, image, { tokens, mask }, ctx) => {
      let x = tokens;
      for (let i = 0; i < layers; i++) {
        if (i > 0) x = shared(params, i, { tokens: x, mask }, ctx);
        const { query, text } = split(x);
        const seen = queryRest(params, i, query, image, ctx);
        if (text === undefined) return mean(seen, 1);
        x = concat([seen, i > 0 ? textRest(params, i, text, ctx) : text], 1);
      }
      return mean(x, 1);
    },
  });
}
