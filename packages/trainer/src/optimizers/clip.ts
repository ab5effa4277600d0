import {
  add,
  addN,
  div,
  minimum,
  scalar,
  sqrt,
  square,
  sum,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Params } from '@crossweave/core';

/** The 2-norm over all entries of a tree. 0 for an empty tree. */
export function globalNorm(gradients: Params): Scalar {
  // A loaded tree may list its paths in another order; the sum's bits must not depend on it.
  const paths = Object.keys(gradients).sort();
  return paths.length === 0
    ? scalar(0)
    : sqrt(addN(paths.map((path) => squaredNorm(gradients[path]!))));
}

const known = new WeakMap<Tensor, Scalar>();

/**
 * Sum of the squares of a tensor's entries. It is made once for each tensor within a `tidy`: a step
 * needs it for the clip and for the figures of its branches.
 */
export function squaredNorm(x: Tensor): Scalar {
  const found = known.get(x);
  if (found !== undefined && !found.isDisposed) return found;
  const made = sum<Scalar>(square(x));
  known.set(x, made);
  return made;
}

/**
 * What gradients of global norm `norm` are multiplied by so that their norm is at most
 * `maxNorm`: min(1, maxNorm / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`.
 */
export function clipScale(norm: Scalar, maxNorm: number): Scalar {
  return minimum(div<Scalar>(maxNorm, add(norm, 1e-6)), 1);
}
