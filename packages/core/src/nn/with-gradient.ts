import { customGrad, type Tensor } from '@tensorflow/tfjs-core';

/**
 * An operation of one tensor with its own gradient: fewer kernels than tfjs derives, or one that
 * stays finite where the derived one does not. Nothing inside `forward` is recorded for
 * differentiation; what `backward` needs goes through `save`: inputs, the result and tensors
 * made outside (one made inside would count as leaked). First derivatives only.
 */
export function withGradient<X extends Tensor, Y extends Tensor = X>(
  x: X,
  forward: (x: X, save: (...tensors: Tensor[]) => void) => Y,
  backward: (gradient: Y, saved: Tensor[]) => X,
): Y {
  // tfjs types the saver as one more input; this is the one place that knows better.
  const op = customGrad<Y>((input, saver) => ({
    value: forward(input as X, (...tensors) => (saver as (tensors: Tensor[]) => void)(tensors)),
    gradFunc: (gradient: Y, saved: Tensor[]) => backward(gradient, saved),
  }));
  return op(x);
}
