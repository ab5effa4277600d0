import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { alias } from './layout';

export function concat(backend: KernelContext, parts: readonly Node[], axis: number): Node {
  const [first] = parts as readonly [Node];
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const filled = parts.filter((part) => sizeOf(part.shape) > 0);
  if (filled.length === 1) return filled[0] as Node;
  return backend.op('Concat', filled, shape, first.dtype, { axis });
}

export const concatKernels = {
  Concat: kernel<readonly TensorInfo[], { axis: number }>((b, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const [first] = parts as [TensorInfo];
    const [along] = util.parseAxisParam(axis, first.shape) as [number];
    backend_util.assertParamsConsistent(
      parts.map((part) => part.shape),
      along,
    );
    if (parts.length === 1) return alias(b, first, first.shape);
    return b.output(
      concat(
        b,
        parts.map((part) => b.cast(b.node(part), b.node(first).dtype)),
        along,
      ),
    );
  }),
  Pack: kernel<readonly TensorInfo[], { axis: number }>((b, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const [first] = parts as [TensorInfo];
    for (const part of parts) {
      util.assertShapesMatch(
        first.shape,
        part.shape,
        'All tensors passed to stack must have matching shapes',
      );
      util.assert(
        first.dtype === part.dtype,
        () => 'All tensors passed to stack must have matching dtypes',
      );
    }
    const along = axis < 0 ? axis + first.shape.length + 1 : axis;
    const shape = [...first.shape];
    shape.splice(along, 0, 1);
    return b.output(
      concat(
        b,
        parts.map((part) => b.node({ ...part, shape })),
        along,
      ),
    );
  }),
} satisfies Record<string, Kernel>;
