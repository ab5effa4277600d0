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
} from '@tensorflow/tfjs-core';
import type { Params } from '@crossweave/core';

/** The 2-norm over all entries of a tree. 0 for an empty tree. */
export function globalNorm(gradients: Params): Scalar {
  // A loaded tree may list its paths in another order; the sum's bits must not depend on it.
  const paths = Object.keys(gradients).sort();
  return paths.length === 0
    ? scalar(0)
    : sqrt(addN(paths.map((path) => sum<Scalar>(square(gradients[path]!)))));
}

/**
 * What gradients of global norm `norm` are multiplied by so that their norm is at most
 * `maxNorm`: min(1, maxNorm / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`.
 */
export function clipScale(norm: Scalar, maxNorm: number): Scalar {
  return minimum(div<Scalar>(maxNorm, add(norm, 1e-6)), 1);
}
