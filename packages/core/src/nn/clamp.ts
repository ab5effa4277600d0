import {
  add,
  cast,
  clipByValue,
  customGrad,
  greater,
  less,
  maximum,
  minimum,
  mul,
} from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * A parameter clamped to [low, high]. Beyond a bound the gradient is 0 only if a descent step would
 * move the parameter further away. (`clipByValue` has no gradient beyond its bounds, so a parameter
 * that overshot once would never return.)
 */
export function clampParameter<T extends Tensor>(x: T, low: number, high: number): T {
  const op = customGrad((value, save) => {
    (save as (tensors: Tensor[]) => void)([value as Tensor]);
    return {
      value: clipByValue(value as Tensor, low, high),
      gradFunc: (gradient: Tensor, saved: Tensor[]) => {
        const at = saved[0]!;
        // Descent moves against the gradient: its positive part lowers the parameter.
        const lowering = mul(maximum(gradient, 0), cast(greater(at, low), 'float32'));
        const raising = mul(minimum(gradient, 0), cast(less(at, high), 'float32'));
        return add(lowering, raising);
      },
    };
  });
  return op(x) as T;
}
