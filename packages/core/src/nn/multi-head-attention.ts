import { reshape, split, tidy, transpose, unstack, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../authoring/checks';
import { checkOptions, requireKnownKeys } from '../authoring/options';
import type { Context } from '../contracts/context';
import { ConfigError, ShapeError } from '../errors';
import { foldIn, type Key } from '../keys';
import { parameter, type Params } from '../params';
import { checkShapes } from '../shapes';
import { scaledDotProductAttention } from './attention';
import { xavierUniform } from './initialisers';
import { affine, initLinear, linear } from './linear';

export interface MultiHeadAttentionOptions {
  /** D, the width of the queries and of the result. */
  readonly dim: number;
  /** Width of the context (keys and values). Default D. */
  readonly contextDim?: number;
}

const checks = { dim: count(), contextDim: count() };

/**
 * `torch.nn.MultiheadAttention`'s parameters: `in_proj_weight` [3D, D] (query, key, value), or
 * `q_proj_weight`, `k_proj_weight`, `v_proj_weight` when `contextDim` differs from D;
 * `in_proj_bias` [3D]; `out_proj`. Projections are Xavier uniform, their biases zero.
 *
 * @throws ConfigError for a wrong option.
 */
export function initMultiHeadAttention(
  key: Key,
  path: string,
  options: MultiHeadAttentionOptions,
): Params {
  checkOptions<MultiHeadAttentionOptions>(path, options, checks, ['dim']);
  const { dim, contextDim = dim } = options;
  const projection = (name: string, out: number, width: number): Params => ({
    [`${path}.${name}`]: xavierUniform(foldIn(key, `${path}.${name}`), [out, width]),
  });
  const out = `${path}.out_proj`;
  return {
    ...(contextDim === dim
      ? projection('in_proj_weight', 3 * dim, dim)
      : {
          ...projection('q_proj_weight', dim, dim),
          ...projection('k_proj_weight', dim, contextDim),
          ...projection('v_proj_weight', dim, contextDim),
        }),
    [`${path}.in_proj_bias`]: zeros([3 * dim]),
    ...initLinear(key, out, { in: dim, out: dim, bias: false }),
    [`${out}.bias`]: zeros([dim]),
  };
}

export interface MultiHeadAttentionInput {
  /** [B, Nq, D] */
  readonly query: Tensor3D;
  /**
   * [C, Nk, D or contextDim]; default: the query (self attention). C divides B: each B / C
   * consecutive queries share one context, which is projected once.
   */
  readonly context?: Tensor3D | undefined;
  /** [C, Nk], 1 = attend. */
  readonly mask?: Tensor2D | undefined;
  /** A divisor of D. */
  readonly heads: number;
  readonly ctx: Context;
  /** Dropout rate of the attention weights; default 0. */
  readonly dropout?: number | undefined;
}

const inputs = ['query', 'context', 'mask', 'heads', 'ctx', 'dropout'];

/**
 * Multi-head attention; each head has width D / heads → [B, Nq, D].
 *
 * @throws ConfigError for a wrong option or heads that do not divide D, ShapeError when the shapes do not fit.
 */
export function multiHeadAttention(
  params: Params,
  path: string,
  input: MultiHeadAttentionInput,
): Tensor3D {
  requireKnownKeys(path, input, inputs);
  const { query, context = query, heads, mask, ctx, dropout } = input;
  const { B, N, D, C } = checkShapes(path, {
    query: [query, ['B', 'N', 'D']],
    context: [context, ['C', '*', '*']],
  });
  if (B % C !== 0) {
    throw new ShapeError('the rows of the query are not a multiple of the rows of the context', {
      where: path,
      expected: 'a multiple of the rows of the context',
      got: `${B} rows of the query, ${C} of the context`,
    });
  }
  if (!Number.isInteger(heads) || heads < 1 || D % heads !== 0) {
    throw new ConfigError('"heads" must divide the width', {
      where: path,
      expected: `a divisor of ${D}`,
      got: heads,
    });
  }
  return tidy(() => {
    // Queries that share a context are attended as one longer sequence.
    const queries = C === B ? query : reshape<Rank.R3>(query, [C, (B / C) * N, D]);
    const [q, k, v] = project(params, path, queries, context, heads);
    const attended = scaledDotProductAttention(q, k, v, { mask, dropout, ctx, path });
    const merged = reshape<Rank.R2>(transpose(attended, [0, 2, 1, 3]), [B * N, D]);
    return reshape<Rank.R3>(linear(params, `${path}.out_proj`, merged), [B, N, D]);
  });
}

/** Queries, keys and values [B, H, N, D / H], by one matrix product where the weights allow it. */
function project(
  params: Params,
  path: string,
  query: Tensor3D,
  context: Tensor3D,
  heads: number,
): [Tensor4D, Tensor4D, Tensor4D] {
  const dim = query.shape[2];
  const bias = parameter<Tensor1D>(params, `${path}.in_proj_bias`);
  const apply = (x: Tensor3D, weight: Tensor2D, offset: Tensor1D): Tensor4D[] =>
    splitHeads(affine(path, x, weight, offset), heads, dim);

  if (`${path}.q_proj_weight` in params) {
    const offsets = split<Tensor1D>(bias, 3);
    const [q, k, v] = (['q', 'k', 'v'] as const).map((name, i) => {
      const weight = parameter<Tensor2D>(params, `${path}.${name}_proj_weight`);
      return apply(name === 'q' ? query : context, weight, offsets[i]!)[0]!;
    });
    return [q!, k!, v!];
  }
  const weight = parameter<Tensor2D>(params, `${path}.in_proj_weight`);
  if (context === query) {
    const [q, k, v] = apply(query, weight, bias);
    return [q!, k!, v!];
  }
  const [queryWeight, contextWeight] = split<Tensor2D>(weight, [dim, 2 * dim], 0);
  const [queryBias, contextBias] = split<Tensor1D>(bias, [dim, 2 * dim], 0);
  const [q] = apply(query, queryWeight!, queryBias!);
  const [k, v] = apply(context, contextWeight!, contextBias!);
  return [q!, k!, v!];
}

/** [B, N, S·D] → S tensors [B, H, N, D / H]. One transpose makes each of the S parts contiguous. */
function splitHeads(projected: Tensor3D, heads: number, dim: number): Tensor4D[] {
  const [batch, tokens, width] = projected.shape;
  const parts = width / dim;
  if (parts === 1) {
    const shape: [number, number, number, number] = [batch, tokens, heads, dim / heads];
    return [transpose(reshape<Rank.R4>(projected, shape), [0, 2, 1, 3])];
  }
  const stacked = reshape(projected, [batch, tokens, parts, heads, dim / heads]);
  return unstack(transpose(stacked, [2, 0, 3, 1, 4]), 0) as Tensor4D[];
}
