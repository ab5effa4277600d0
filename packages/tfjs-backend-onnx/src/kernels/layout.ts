import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { transpose } from './channels';
import { expand } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';

/**
 * The same data with a different shape. The data is shared, as tfjs-core expects of Reshape and
 * Identity.
 */
export function alias(backend: KernelContext, x: TensorInfo, shape: number[]): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}

function tile(backend: KernelContext, x: Node, reps: readonly number[]): Node {
  const shape = x.shape.map((dim, i) => dim * (reps[i] ?? 1));
  if (reps.every((count, i) => count === 1 || x.shape[i] === 1)) return expand(backend, x, shape);
  return backend.op('Tile', [x], shape, x.dtype, null, [reps]);
}

export const layoutKernels = {
  Identity: kernel<UnaryInput>((b, { x }) => alias(b, x, x.shape)),
  Reshape: kernel<UnaryInput, { shape: number[] }>((b, { x }, { shape }) => {
    const size = util.sizeFromShape(x.shape);
    const result = util.inferFromImplicitShape(shape, size);
    util.assert(
      size === util.sizeFromShape(result),
      () =>
        `The new shape (${result.join()}) has ${util.sizeFromShape(result)} elements and the old ` +
        `shape (${x.shape.join()}) has ${size} elements. They must have the same number.`,
    );
    return alias(b, x, result);
  }),
  ExpandDims: kernel<{ input: TensorInfo }, { dim: number }>((b, { input }, { dim }) => {
    const rank = input.shape.length;
    util.assert(
      -(rank + 1) <= dim && dim <= rank,
      () => `Axis must be in the interval [${-(rank + 1)}, ${rank}], got ${dim}`,
    );
    const shape = [...input.shape];
    shape.splice(dim < 0 ? dim + rank + 1 : dim, 0, 1);
    return alias(b, input, shape);
  }),
  Transpose: kernel<UnaryInput, { perm: number[] }>((b, { x }, { perm }) =>
    b.output(transpose(b, b.node(x), perm)),
  ),
  Tile: kernel<UnaryInput, { reps: number[] }>((b, { x }, { reps }) =>
    b.output(tile(b, b.node(x), reps)),
  ),
  BroadcastTo: kernel<UnaryInput, { shape: number[] }>((b, { x }, { shape }) =>
    b.output(expand(b, b.node(x), shape)),
  ),
} satisfies Record<string, Kernel>;
