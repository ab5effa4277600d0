import { add, tidy, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
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
  /** Normalise before each part (GPT, ViT) and not after it (BERT); default false. */
  readonly normFirst?: boolean | undefined;
  /** Default 'gelu'. */
  readonly activation?: Activation | undefined;
  /** Of attention weights, hidden units and each part's result; default 0. */
  readonly dropout?: number | undefined;
  /** Of the layer norms; default 1e-5. */
  readonly epsilon?: number | undefined;
}

export interface CrossAttentionOptions extends TransformerOptions {
  /** [B, Nc], 1 = real token of the context; default: all are. */
  readonly contextMask?: Tensor2D | undefined;
}

/** `torch.nn.TransformerEncoderLayer`'s parameters: self_attn, linear1, linear2, norm1, norm2. */
export function initTransformerBlock(key: Key, path: string, sizes: TransformerSizes): Params {
  const { dim, hidden } = sizes;
  return {
    ...initMultiHeadAttention(key, `${path}.self_attn`, { dim }),
    ...initLinear(key, `${path}.linear1`, { in: dim, out: hidden }),
    ...initLinear(key, `${path}.linear2`, { in: hidden, out: dim }),
    ...initLayerNorm(`${path}.norm1`, dim),
    ...initLayerNorm(`${path}.norm2`, dim),
  };
}

/** Self attention and a feed-forward layer, each with a residual: [B, N, D] → [B, N, D]. */
export function transformerBlock(
  params: Params,
  path: string,
  x: Tensor3D,
  options: TransformerOptions,
): Tensor3D {
  return tidy(() => {
    const attended = residual(params, path, 1, x, options, (tokens) =>
      attend(params, `${path}.self_attn`, options, tokens),
    );
    return residual(params, path, 2, attended, options, (tokens) =>
      feedForward(params, path, options, tokens),
    );
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
 * Self attention, attention to `context` [B, Nc, D] and a feed-forward layer, each with a
 * residual: [B, N, D] → [B, N, D]. No causal mask: every token sees every other.
 */
export function crossAttentionBlock(
  params: Params,
  path: string,
  x: Tensor3D,
  context: Tensor3D,
  options: CrossAttentionOptions,
): Tensor3D {
  return tidy(() => {
    const attended = residual(params, path, 1, x, options, (tokens) =>
      attend(params, `${path}.self_attn`, options, tokens),
    );
    const crossed = residual(params, path, 2, attended, options, (tokens) =>
      attend(params, `${path}.multihead_attn`, options, tokens, context, options.contextMask),
    );
    return residual(params, path, 3, crossed, options, (tokens) =>
      feedForward(params, path, options, tokens),
    );
  });
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
  { heads, ctx, dropout, mask }: TransformerOptions,
  query: Tensor3D,
  context?: Tensor3D,
  contextMask?: Tensor2D,
): Tensor3D {
  const seen = context === undefined ? mask : contextMask;
  return multiHeadAttention(params, path, { query, context, mask: seen, heads, ctx, dropout });
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
