import { engine, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import type { Params } from './params';

export interface TreeGradients<Y extends Tensor = Scalar> {
  readonly value: Y;
  /** By path; paths that the value does not depend on are absent. */
  readonly gradients: Params;
}

/**
 * The value of a function of no arguments and its gradients by the tensors of a tree, which the
 * function uses directly. tfjs's own `valueAndGrads` takes a list, and refuses tensors that the value
 * does not depend on. The caller disposes value and gradients.
 *
 * @param upstream what the gradients are multiplied by, of the value's shape. Default: ones.
 */
export function treeGradients<Y extends Tensor = Scalar>(
  compute: () => Y,
  tree: Params,
  upstream?: Y,
): TreeGradients<Y> {
  const paths = Object.keys(tree);
  if (paths.length === 0) return { value: compute(), gradients: {} };
  const { value, grads } = engine().gradients(compute, Object.values(tree), upstream, true);
  const gradients: Record<string, Tensor> = {};
  paths.forEach((path, i) => {
    const gradient = grads[i] as Tensor | null | undefined;
    if (gradient) gradients[path] = gradient;
  });
  return { value, gradients };
}
