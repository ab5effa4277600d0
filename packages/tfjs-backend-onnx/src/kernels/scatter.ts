import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { binary, expand, select } from './elementwise';
import { checkedPlaces } from './indices';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';

/** `data` with `updates` written at `indices`; of equal indices the last update counts. */
function overwrite(
  b: KernelContext,
  kernelName: string,
  data: Node,
  indices: TensorInfo,
  updates: TensorInfo,
): Node {
  const shape = [...data.shape];
  const info = backend_util.calculateShapes(updates, indices, shape);
  const { sliceRank, numUpdates, sliceSize } = info;
  if (numUpdates * sliceSize === 0) return data;
  const given = b.node({ ...indices, shape: [numUpdates, sliceRank] });
  const places = checkedPlaces(b, kernelName, given, shape.slice(0, sliceRank), null);
  const values = b.node(updates);
  // A scalar `values` applies to all indices.
  const rows = expand(b, values, [numUpdates, ...shape.slice(sliceRank)]);
  const inputs = [data, places, b.cast(rows, data.dtype)];
  return b.op('ScatterND', inputs, shape, data.dtype);
}

export const scatterKernels = {
  TensorScatterUpdate: kernel<{ tensor: TensorInfo; indices: TensorInfo; updates: TensorInfo }>(
    (b, { tensor, indices, updates }) =>
      b.output(overwrite(b, 'TensorScatterUpdate', b.node(tensor), indices, updates)),
  ),
  SparseToDense: kernel<
    { sparseIndices: TensorInfo; sparseValues: TensorInfo; defaultValue: TensorInfo },
    { outputShape: number[] }
  >((b, { sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
    const blank = b.cast(b.node({ ...defaultValue, shape: [] }), b.node(sparseValues).dtype);
    const dense = expand(b, blank, outputShape);
    return b.output(overwrite(b, 'SparseToDense', dense, sparseIndices, sparseValues));
  }),
  Diag: kernel<UnaryInput>((b, { x }) => {
    const size = sizeOf(x.shape);
    const places = Int32Array.from({ length: size }, (_, i) => i);
    const row = b.constant(places, [size], 'int32');
    const column = b.constant(places, [size, 1], 'int32');
    const node = b.node({ ...x, shape: [size] });
    const on = binary(b, 'Equal', row, column, 'bool');
    return b.output(
      b.reshape(select(b, on, node, b.scalar(0, node.dtype)), [...x.shape, ...x.shape]),
    );
  }),
} satisfies Record<string, Kernel>;
