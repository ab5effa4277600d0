import { add, mul, scalar, sum, tidy, zerosLike } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { foldIn, normal, type Key } from '../keys';
import { isBuffer, mapParams, partition, type Params } from '../params';
import { treeGradients } from '../tree-gradients';
import { assertFinite, largestMagnitude } from './compare';
import { ConformanceError } from './check';

/** A number that depends on a tree of tensors. */
export type Objective = (point: Params) => Scalar;

/** Σ w·output with fixed random weights w: no component of an output can hide. */
export function weighedSum(key: Key, outputs: readonly Tensor[]): Scalar {
  return tidy(() =>
    outputs
      .map((output, i): Scalar => sum(mul(output, normal(foldIn(key, i), output.shape))))
      .reduce((total, part) => add<Scalar>(total, part), scalar(0)),
  );
}

/** The gradients of an objective; zeros for what it does not depend on. Call inside `tidy`. */
export function gradientsAt(objective: Objective, point: Params): Params {
  const { gradients } = treeGradients(() => objective(point), point);
  return mapParams(point, (value, path) => gradients[path] ?? zerosLike(value));
}

/** The entries that gradients are taken of. */
export function trainable(params: Params): Params {
  return partition(params, (path, value) => !isBuffer(path) && value.dtype === 'float32')[0];
}

/** Parameters moved a little, so that gates that start at zero are open. */
export function nudged(key: Key, params: Params): Params {
  return mapParams(params, (value, path) =>
    add(value, normal(foldIn(key, path), value.shape, 0, 0.1)),
  );
}

/** A shift of all keys leaves a softmax as it is, so attention's key bias gets no gradient. */
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
      advice: 'Use the parameter in every output it should serve, or leave it out of init().',
    });
  }
}

export function assertFiniteGradients(what: string, gradients: Params): void {
  for (const [path, gradient] of Object.entries(gradients)) {
    assertFinite(`the gradient of ${path} ${what}`, gradient);
  }
}
