import { mul, ones, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Each row of [B, …] `count` times: a a a b b b. It multiplies by ones, so that the gradient is one
 * sum.
 */
export function repeatRows<T extends Tensor>(x: T, count: number): T {
  if (count === 1) return x;
  const [size = 0, ...rest] = x.shape;
  return tidy(() => {
    const apart = reshape(x, [size, 1, ...rest]);
    const many = mul(apart, ones([1, count, ...rest.map(() => 1)]));
    return reshape(many, [size * count, ...rest]) as T;
  });
}
