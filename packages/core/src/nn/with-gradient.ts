import { customGrad, type Tensor } from '@tensorflow/tfjs-core';

/**
 * An operation of one tensor with a gradient of its own. Such a gradient needs fewer kernels than
 * the derived one, or stays finite where the derived one does not. Nothing inside `forward` is
 * recorded for differentiation; pass the tensors that `backward` needs to `save`. These may be
 * inputs, the result and tensors made outside of `forward` (a tensor made inside would count as
 * leaked). First derivatives only.
 */
export function withGradient<X extends Tensor, Y extends Tensor = X>(
  x: X,
  forward: (x: X, save: (...tensors: Tensor[]) => void) => Y,
  backward: (gradient: Y, saved: Tensor[]) => X,
): Y {
  // tfjs types the save function as a further input; the cast is needed only here.
  const op = customGrad<Y>((input, saver) => ({
    value: forward(input as X, (...tensors) => (saver as (tensors: Tensor[]) => void)(tensors)),
    gradFunc: (gradient: Y, saved: Tensor[]) => backward(gradient, saved),
  }));
  return op(x);
}
