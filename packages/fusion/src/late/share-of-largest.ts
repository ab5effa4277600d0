import { cast, div, equal, max, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { stopGradient } from '@crossweave/core/nn';

/**
 * 1 at the largest value along `axis`, 1/n at each of n equal largest values, 0 elsewhere. It is a
 * constant of differentiation. Applied to similarities it selects the best match.
 */
export function shareOfLargest<T extends Tensor>(x: T, axis: number): T {
  return tidy(() => {
    const value = stopGradient(x);
    const largest = cast(equal(value, max(value, axis, true)), 'float32');
    return div<T>(largest, sum(largest, axis, true));
  });
}
