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
import { boolean, count, share, text } from '../authoring/checks';
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
  /**
   * Query i attends to keys i − `window` to i + `window` only (needs Nq = Nk). As with `causal`, a
   * query without a key gives meaningless values. Default: to all.
   */
  readonly window?: number | undefined;
  /** Dropout rate of the attention weights, in [0, 1]; default 0. Needs `ctx` and `path`. */
  readonly dropout?: number | undefined;
  readonly ctx?: Context | undefined;
  /** Path from which the key of the dropout mask is derived. */
  readonly path?: string | undefined;
}

const checks = {
  mask: tensor(),
  causal: boolean(),
  window: count(0),
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
  const { mask, causal = false, window = Infinity, dropout: rate = 0, ctx, path } = options;
  const { B, K, W } = checkShapes(path ?? 'scaledDotProductAttention', {
    query: [query, ['B', 'H', '*', 'W']],
    key: [key, ['B', 'H', 'K', 'W']],
    value: [value, ['B', 'H', 'K', '*']],
    ...(mask && { mask: [mask, ['B', 'K']] as const }),
  });
  const limited = causal || window < K - 1;
  if (limited && query.shape[2] !== K) {
    throw new ShapeError('attention by distance needs as many queries as keys', {
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
    if (limited) scores = add(scores, distanceBias(K, window, causal ? 0 : window));
    let weights = softmax(scores);
    if (rate > 0 && ctx !== undefined && path !== undefined) {
      weights = dropout(weights, rate, ctx, `${path}.attention`);
    }
    // Zero values at masked keys make the result and the gradient of a fully masked row zero.
    const seen = real ? mul<Tensor4D>(value, reshape(real, [B, 1, K, 1])) : value;
    return matMul(weights, seen);
  });
}

/** [1, 1, N, N] bias that hides keys too far before or after each query. */
function distanceBias(keys: number, before: number, after: number): Tensor4D {
  const bias = new Float32Array(keys * keys).fill(-masked);
  for (let row = 0; row < keys; row++) {
    const [from, to] = [Math.max(0, row - before), Math.min(keys - 1, row + after)];
    bias.fill(0, row * keys + from, row * keys + to + 1);
  }
  return tensor4d(bias, [1, 1, keys, keys]);
}
