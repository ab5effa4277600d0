import {
  cast,
  div,
  matMul,
  maxPool,
  maximum,
  mean,
  reshape,
  sum,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { count } from '../authoring/checks';
import { checkOptions } from '../authoring/options';
import { checkShapes } from '../shapes';

export interface PoolOptions {
  /** Side of the square window. */
  readonly kernel: number;
  /** Default: the kernel's side. */
  readonly stride?: number;
  /** Padding in pixels; default 0. A padded place is never the largest value. */
  readonly padding?: number;
}

const checks = { kernel: count(), stride: count(), padding: count(0) };

/**
 * The largest value of each window: [B, H, W, C] → [B, H', W', C]. Of equal largest values the
 * first gets the gradient.
 *
 * @throws ConfigError for a wrong option.
 */
export function maxPool2d(x: Tensor4D, options: PoolOptions): Tensor4D {
  checkOptions<PoolOptions>('maxPool2d', options, checks, ['kernel']);
  const { kernel, stride = kernel, padding = 0 } = options;
  return maxPool(x, kernel, stride, padding);
}

/** Mean over height and width: [B, H, W, C] → [B, C]. */
export function globalAveragePool(x: Tensor4D): Tensor2D {
  return mean<Tensor2D>(x, [1, 2]);
}

/**
 * Mean over real tokens: [B, N, D] and a mask [B, N] (1 = real) → [B, D]. A row without real tokens
 * gives zeros.
 */
export function maskedMean(tokens: Tensor3D, mask: Tensor2D): Tensor2D {
  const { B, N, D } = checkShapes('maskedMean', {
    tokens: [tokens, ['B', 'N', 'D']],
    mask: [mask, ['B', 'N']],
  });
  return tidy(() => {
    const real = cast(mask, 'float32');
    const weights = div(real, maximum(sum(real, 1, true), 1));
    const pooled = matMul(reshape<Rank.R3>(weights, [B, 1, N]), tokens);
    return reshape<Rank.R2>(pooled, [B, D]);
  });
}
