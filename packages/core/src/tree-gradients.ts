import { engine, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import type { Params } from './params';

export interface TreeGradients<Y extends Tensor = Scalar> {
  readonly value: Y;
  /** Gradients by path. Paths on which the value does not depend are absent. */
  readonly gradients: Params;
}

/**
 * Calls a function without arguments, which uses the tensors of a tree directly, and gives its
 * value and the gradients of the tensors. (tfjs's `valueAndGrads` takes a list and refuses tensors
 * on which the value does not depend.) The caller disposes the value and the gradients.
 *
 * @param upstream the gradient of the value, of the value's shape. Default: ones.
 */
export function treeGradients<Y extends Tensor = Scalar>(
  compute: () => Y,
  tree: Params,
  upstream?: Y,
): TreeGradients<Y> {
  const paths = Object.keys(tree);
  if (paths.length === 0) return { value: compute(), gradients: {} };
  const { value, grads } = withoutLeak(() =>
    engine().gradients(compute, Object.values(tree), upstream, true),
  );
  const gradients: Record<string, Tensor> = {};
  paths.forEach((path, i) => {
    const gradient = grads[i] as Tensor | null | undefined;
    if (gradient) gradients[path] = gradient;
  });
  return { value, gradients };
}

/** Releases what tfjs saved for the backward pass if the forward pass fails, which tfjs itself does not. */
function withoutLeak<T>(differentiate: () => T): T {
  const { state } = engine();
  try {
    return differentiate();
  } catch (error) {
    if (state.gradientDepth === 0) {
      // tfjs's type lacks that there may be no tape.
      const tape = state.activeTape as typeof state.activeTape | null;
      for (const { saved } of tape ?? []) saved?.forEach((value) => value.dispose());
      state.activeTape = null as unknown as typeof state.activeTape;
    }
    throw error;
  }
}
