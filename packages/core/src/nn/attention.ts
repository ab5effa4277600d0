import {
  add,
  cast,
  matMul,
  mul,
  reshape,
  softmax,
  sub,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { boolean, share, text } from '../authoring/checks';
import { anyContext, tensor } from '../authoring/domain-checks';
import { checkOptions } from '../authoring/options';
import type { Context } from '../contracts/context';
import { ConfigError, ShapeError } from '../errors';
import { checkShapes } from '../shapes';
import { dropout } from './dropout';

export interface AttentionOptions {
  /** [B, Nk], 1 = attend. The result of a row without a 1 is zero. */
  readonly mask?: Tensor2D | undefined;
  /**
   * Whether query i attends to keys 0 to i only (needs Nq = Nk). A query whose keys are all hidden
   * by `mask` and the causal mask together gives meaningless values. Default false.
   */
  readonly causal?: boolean | undefined;
  /** Dropout rate of the attention weights, in [0, 1]; default 0. Needs `ctx` and `path`. */
  readonly dropout?: number | undefined;
  readonly ctx?: Context | undefined;
  /** Path from which the key of the dropout mask is derived. */
  readonly path?: string | undefined;
}

const checks = {
  mask: tensor(),
  causal: boolean(),
  dropout: share(),
  ctx: anyContext(),
  path: text(),
};

/**
 * Subtracted from the scores of masked keys. It is finite, since softmax of a row of −Infinity is
 * NaN.
 */
const masked = 1e9;

/**
 * softmax(Q·Kᵀ / √Dh)·V (Vaswani et al. 2017): query [B, H, Nq, Dh], key and value
 * [B, H, Nk, Dh] → [B, H, Nq, Dh].
 *
 * @throws ShapeError when the shapes do not fit, ConfigError for a wrong option or dropout without context.
 */
export function scaledDotProductAttention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  options: AttentionOptions = {},
): Tensor4D {
  checkOptions<AttentionOptions>('scaledDotProductAttention', options, checks);
  const { mask, causal = false, dropout: rate = 0, ctx, path } = options;
  const { B, K, W } = checkShapes(path ?? 'scaledDotProductAttention', {
    query: [query, ['B', 'H', '*', 'W']],
    key: [key, ['B', 'H', 'K', 'W']],
    value: [value, ['B', 'H', 'K', '*']],
    ...(mask && { mask: [mask, ['B', 'K']] as const }),
  });
  if (causal && query.shape[2] !== K) {
    throw new ShapeError('causal attention needs as many queries as keys', {
      where: path ?? 'scaledDotProductAttention',
      expected: `${K} queries`,
      got: query.shape[2],
    });
  }
  if (rate > 0 && (ctx === undefined || path === undefined)) {
    throw new ConfigError('attention dropout needs a context and a path', {
      where: 'scaledDotProductAttention',
    });
  }
  return tidy(() => {
    // Scaling the query costs less than scaling the scores.
    let scores = matMul(mul(query, 1 / Math.sqrt(W)), key, false, true);
    const real = mask && cast(mask, 'float32');
    if (real) scores = add(scores, reshape(mul(sub(real, 1), masked), [B, 1, 1, K]));
    if (causal) scores = add(scores, causalBias(K));
    let weights = softmax(scores);
    if (rate > 0 && ctx !== undefined && path !== undefined) {
      weights = dropout(weights, rate, ctx, `${path}.attention`);
    }
    // Zero values at masked keys make the result and the gradient of a fully masked row zero.
    const seen = real ? mul<Tensor4D>(value, reshape(real, [B, 1, K, 1])) : value;
    return matMul(weights, seen);
  });
}

/** [1, 1, N, N] bias that hides the keys after each query. */
function causalBias(count: number): Tensor4D {
  const bias = new Float32Array(count * count);
  for (let row = 0; row < count; row++)
    bias.fill(-masked, row * count + row + 1, (row + 1) * count);
  return tensor4d(bias, [1, 1, count, count]);
}
