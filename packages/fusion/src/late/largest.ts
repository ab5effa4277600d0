import { cast, div, equal, max, mul, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { stopGradient, withGradient } from '@crossweave/core/nn';

/**
 * 1 at the largest value along `axis`, 1/n at each of n equal ones, 0 elsewhere: a constant of
 * differentiation. Of a similarity it says which token is the best match.
 */
export function shareOfLargest<T extends Tensor>(x: T, axis: number): T {
  return tidy(() => {
    const value = stopGradient(x);
    const largest = cast(equal(value, max(value, axis, true)), 'float32');
    return div<T>(largest, sum(largest, axis, true));
  });
}

/**
 * The largest value along `axis`, which stays as 1. Equal ones share the gradient, as in
 * torch.amax; tfjs's `max` would give each of them all of it.
 */
export function largest<T extends Tensor>(x: T, axis: number): T {
  return withGradient(
    x,
    (value, save) => {
      save(value);
      return max<T>(value, axis, true);
    },
    (gradient, [value]) => mul<T>(gradient, shareOfLargest(value!, axis)),
  );
}
