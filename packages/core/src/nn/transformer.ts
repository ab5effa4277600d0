import { add, slice, tidy, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { boolean, count, number, oneOf, share } from '../authoring/checks';
import { anyContext, tensor } from '../authoring/domain-checks';
import { checkOptions } from '../authoring/options';
import type { Context } from '../contracts/context';
import type { Key } from '../keys';
import type { Params } from '../params';
import { activations, type Activation } from './activations';
import { dropout as drop } from './dropout';
import { initLayerNorm, layerNorm } from './layer-norm';
import { initLinear, linear } from './linear';
import { initMultiHeadAttention, multiHeadAttention } from './multi-head-attention';

export interface TransformerSizes {
  /** D. */
  readonly dim: number;
  /** Width of the feed-forward layer. */
  readonly hidden: number;
}

export interface TransformerOptions {
  /** [B, N], 1 = real token; default: all are. */
  readonly mask?: Tensor2D | undefined;
  readonly heads: number;
  readonly ctx: Context;
  /**
   * Whether layer norm comes before each sublayer (GPT, ViT) instead of after it (BERT); default
   * false.
   */
  readonly normFirst?: boolean | undefined;
  /** Default 'gelu'. */
  readonly activation?: Activation | undefined;
  /** Dropout rate of attention weights, hidden units and the result of each sublayer; default 0. */
  readonly dropout?: number | undefined;
  /** Epsilon of the layer norms; default 1e-5. */
  readonly epsilon?: number | undefined;
  /**
   * How many tokens of the result to compute, from the first; attention still reads all tokens. For
   * a last layer of which only the class token is used. Default: all.
   */
  readonly keep?: number | undefined;
}

export interface CrossAttentionOptions extends TransformerOptions {
  /** [B, Nc], 1 = real token of the context; default: all are. */
  readonly contextMask?: Tensor2D | undefined;
}

const sizeChecks = { dim: count(), hidden: count() };
const checks = {
  mask: tensor(),
  contextMask: tensor(),
  heads: count(),
  ctx: anyContext(),
  normFirst: boolean(),
  activation: oneOf(...Object.keys(activations)),
  dropout: share(),
  epsilon: number({ above: 0 }),
  keep: count(),
};

/**
 * `torch.nn.TransformerEncoderLayer`'s parameters: self_attn, linear1, linear2, norm1, norm2.
 *
 * @throws ConfigError for a wrong size.
 */
export function initTransformerBlock(key: Key, path: string, sizes: TransformerSizes): Params {
  checkOptions<TransformerSizes>(path, sizes, sizeChecks, ['dim', 'hidden']);
  const { dim, hidden } = sizes;
  return {
    ...initMultiHeadAttention(key, `${path}.self_attn`, { dim }),
    ...initLinear(key, `${path}.linear1`, { in: dim, out: hidden }),
    ...initLinear(key, `${path}.linear2`, { in: hidden, out: dim }),
    ...initLayerNorm(`${path}.norm1`, dim),
    ...initLayerNorm(`${path}.norm2`, dim),
  };
}

/**
 * Self attention and a feed-forward layer, each with a residual: [B, N, D] → [B, N, D].
 *
 * @throws ConfigError for a wrong option, as the functions below.
 */
export function transformerBlock(
  params: Params,
  path: string,
  x: Tensor3D,
  options: TransformerOptions,
): Tensor3D {
  return tidy(() => {
    const attended = selfAttentionPart(params, path, x, options);
    return feedForwardPart(params, path, 2, attended, options);
  });
}

/**
 * `torch.nn.TransformerDecoderLayer`'s parameters: self_attn, multihead_attn, linear1, linear2,
 * norm1, norm2, norm3.
 */
export function initCrossAttentionBlock(key: Key, path: string, sizes: TransformerSizes): Params {
  return {
    ...initTransformerBlock(key, path, sizes),
    ...initMultiHeadAttention(key, `${path}.multihead_attn`, { dim: sizes.dim }),
    ...initLayerNorm(`${path}.norm3`, sizes.dim),
  };
}

/**
 * Self attention, attention to `context` [C, Nc, D] and a feed-forward layer, each with a residual:
 * [B, N, D] → [B, N, D]. There is no causal mask. C divides B: each B / C consecutive sequences
 * share one context.
 */
export function crossAttentionBlock(
  params: Params,
  path: string,
  x: Tensor3D,
  context: Tensor3D,
  options: CrossAttentionOptions,
): Tensor3D {
  return tidy(() => {
    const attended = selfAttentionPart(params, path, x, options);
    const crossed = crossAttentionPart(params, path, attended, context, options);
    return feedForwardPart(params, path, 3, crossed, options);
  });
}

/**
 * Only the first sublayer of both blocks (`self_attn`, `norm1`): [B, N, D] → [B, `keep` or N, D].
 */
export function selfAttentionPart(
  params: Params,
  path: string,
  x: Tensor3D,
  options: TransformerOptions,
): Tensor3D {
  checkOptions<CrossAttentionOptions>(path, options, checks, ['heads', 'ctx']);
  const { keep, normFirst = false, epsilon } = options;
  const at = `${path}.self_attn`;
  return tidy(() => {
    const kept = firstTokens(x, keep);
    return residual(params, path, 1, kept, options, (query) => {
      if (kept === x) return attend(params, at, options, query, query, options.mask);
      const all = normFirst ? layerNorm(params, `${path}.norm1`, x, epsilon) : x;
      return attend(params, at, options, query, all, options.mask);
    });
  });
}

/** Only the second sublayer of {@link crossAttentionBlock} (`multihead_attn`, `norm2`). */
export function crossAttentionPart(
  params: Params,
  path: string,
  x: Tensor3D,
  context: Tensor3D,
  options: CrossAttentionOptions,
): Tensor3D {
  checkOptions<CrossAttentionOptions>(path, options, checks, ['heads', 'ctx']);
  return tidy(() =>
    residual(params, path, 2, x, options, (query) =>
      attend(params, `${path}.multihead_attn`, options, query, context, options.contextMask),
    ),
  );
}

/** Only the last sublayer of either block: `linear1`, `linear2` and the norm `norm<number>`. */
export function feedForwardPart(
  params: Params,
  path: string,
  norm: 2 | 3,
  x: Tensor3D,
  options: TransformerOptions,
): Tensor3D {
  checkOptions<CrossAttentionOptions>(path, options, checks, ['heads', 'ctx']);
  return tidy(() =>
    residual(params, path, norm, x, options, (tokens) =>
      feedForward(params, path, options, tokens),
    ),
  );
}

function residual(
  params: Params,
  path: string,
  part: number,
  x: Tensor3D,
  { normFirst = false, epsilon, dropout = 0, ctx }: TransformerOptions,
  apply: (tokens: Tensor3D) => Tensor3D,
): Tensor3D {
  const norm = `${path}.norm${part}`;
  const change = apply(normFirst ? layerNorm(params, norm, x, epsilon) : x);
  const sum = add<Tensor3D>(x, drop(change, dropout, ctx, `${path}.dropout${part}`));
  return normFirst ? sum : layerNorm(params, norm, sum, epsilon);
}

function attend(
  params: Params,
  path: string,
  { heads, ctx, dropout }: TransformerOptions,
  query: Tensor3D,
  context: Tensor3D,
  mask: Tensor2D | undefined,
): Tensor3D {
  return multiHeadAttention(params, path, { query, context, mask, heads, ctx, dropout });
}

function firstTokens(x: Tensor3D, count: number | undefined): Tensor3D {
  const [size, tokens, dim] = x.shape;
  const all = count === undefined || count === tokens;
  return all ? x : slice(x, [0, 0, 0], [size, count, dim]);
}

function feedForward(
  params: Params,
  path: string,
  { activation = 'gelu', dropout = 0, ctx }: TransformerOptions,
  x: Tensor3D,
): Tensor3D {
  const hidden = activations[activation](linear(params, `${path}.linear1`, x));
  return linear(params, `${path}.linear2`, drop(hidden, dropout, ctx, `${path}.dropout`));
}
