import { add, mul, scalar, sum, tidy, zerosLike } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { foldIn, normal, type Key } from '../keys';
import { isBuffer, mapParams, partition, type Params } from '../params';
import { treeGradients } from '../tree-gradients';
import { assertFinite, largestMagnitude } from './compare';
import { ConformanceError } from './check';

/** A number that depends on a tree of tensors. */
export type Objective = (point: Params) => Scalar;

/** Σ w·output with fixed random weights w, so that every component of an output counts. */
export function weighedSum(key: Key, outputs: readonly Tensor[]): Scalar {
  return tidy(() =>
    outputs
      .map((output, i): Scalar => sum(mul(output, normal(foldIn(key, i), output.shape))))
      .reduce((total, part) => add<Scalar>(total, part), scalar(0)),
  );
}

/**
 * The gradients of an objective; zeros for tensors on which it does not depend. Call it inside
 * `tidy`.
 */
export function gradientsAt(objective: Objective, point: Params): Params {
  const { gradients } = treeGradients(() => objective(point), point);
  return mapParams(point, (value, path) => gradients[path] ?? zerosLike(value));
}

/** The entries of a tree that are trained: float tensors that are not buffers. */
export function trainable(params: Params): Params {
  return partition(params, (path, value) => !isBuffer(path) && value.dtype === 'float32')[0];
}

/** Parameters with small random changes, so that gates that are initially zero are open. */
export function nudged(key: Key, params: Params): Params {
  return mapParams(params, (value, path) =>
    add(value, normal(foldIn(key, path), value.shape, 0, 0.1)),
  );
}

/**
 * The key bias of attention shifts all scores of a query alike, which does not change the softmax.
 * So it gets no gradient.
 */
const keyBias = /(^|[._])(key|k|k_proj)[._]bias$/;

export function assertReached(gradients: Params, unreached: (path: string) => boolean): void {
  const missed = Object.entries(gradients)
    .filter(([path]) => !keyBias.test(path) && !unreached(path))
    .filter(([, gradient]) => largestMagnitude(gradient) === 0)
    .map(([path]) => path);
  if (missed.length > 0) {
    throw new ConformanceError('parameters get no gradient', {
      where: missed.join(', '),
      expected: 'a gradient that is not zero everywhere',
      advice: 'Use the parameter in the outputs, or leave it out of init().',
    });
  }
}

export function assertFiniteGradients(what: string, gradients: Params): void {
  for (const [path, gradient] of Object.entries(gradients)) {
    assertFinite(`the gradient of ${path} ${what}`, gradient);
  }
}
