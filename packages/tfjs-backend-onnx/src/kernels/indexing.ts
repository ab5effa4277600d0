import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { binary, expand, filled, select, withScalar } from './elementwise';
import { checkedIndices, checkedPlaces } from './indices';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';

const gather = (b: KernelContext, x: Node, indices: Node, axis: number): Node => {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return b.op('Gather', [x, indices], shape, x.dtype, { axis });
};

/**
 * Sums `updates` [N, ...] into `rows` rows by `ids` [N] int64. An id out of range is an error when
 * the graph runs. Rows are summed in the order of N, so that equal runs give equal bits.
 */
export function scatterSum(b: KernelContext, updates: Node, ids: Node, rows: number): Node {
  const [count = 0, ...row] = updates.shape;
  const width = sizeOf(row);
  const shape = [rows, ...row];
  if (updates.size === 0) return filled(b, 0, shape, updates.dtype);
  const places = expand(b, b.reshape(ids, [count, 1]), [count, width]);
  const flat = b.reshape(updates, [count, width]);
  const inputs = [filled(b, 0, [rows, width], updates.dtype), places, flat];
  const attributes = { axis: 0, reduction: 'add' };
  const summed = b.op('ScatterElements', inputs, [rows, width], updates.dtype, attributes);
  return b.reshape(summed, shape);
}

/** As `scatterSum`, by `ids` int32. Of ids out of range, zeros are added to the first row. */
function segmentSum(b: KernelContext, updates: Node, ids: Node, rows: number): Node {
  const row = updates.shape.slice(1);
  if (updates.size === 0 || rows === 0) return filled(b, 0, [rows, ...row], updates.dtype);
  const within = binary(
    b,
    'And',
    withScalar(b, 'GreaterOrEqual', ids, 0, 'bool'),
    withScalar(b, 'Less', ids, rows, 'bool'),
  );
  const targets = b.cast(select(b, within, ids, b.scalar(0, 'int32')), 'int64');
  const each = b.reshape(within, [within.size, ...row.map(() => 1)]);
  return scatterSum(b, select(b, each, updates, b.scalar(0, updates.dtype)), targets, rows);
}

export const indexingKernels = {
  GatherV2: kernel<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims?: number }>(
    (b, { x, indices }, { axis, batchDims = 0 }) => {
      const [along] = util.parseAxisParam(axis, x.shape) as [number];
      const given = b.cast(b.node(indices), 'int32');
      const length = x.shape[along] as number;
      if (batchDims === 0) {
        const places = checkedIndices(b, 'GatherV2', given, length);
        return b.output(gather(b, b.node(x), places, along));
      }
      const info = backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims);
      const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
      if (sizeOf(outputShape) === 0) return b.output(filled(b, 0, outputShape, b.node(x).dtype));
      const per = sizeOf(indices.shape) / batchSize;
      // Batch and outer dimensions are flattened into the indices of one gather of rows.
      const rows = b.node({ ...x, shape: [batchSize * outerSize * dimSize, sliceSize] });
      const starts = Int32Array.from({ length: batchSize * outerSize }, (_, i) => i * dimSize);
      const offsets = b.constant(starts, [batchSize, outerSize, 1], 'int32');
      const all = batchSize * outerSize * dimSize;
      const places = checkedIndices(b, 'GatherV2', given, length, all);
      const local = b.reshape(places, [batchSize, 1, per]);
      const picked = gather(b, rows, binary(b, 'Add', local, offsets), 0);
      return b.output(b.reshape(picked, outputShape));
    },
  ),
  GatherNd: kernel<{ params: TensorInfo; indices: TensorInfo }>((b, { params, indices }) => {
    const [shape] = backend_util.prepareAndValidate(params, indices);
    const node = b.node(params);
    const depth = indices.shape.at(-1) as number;
    // An index without coordinates selects the whole tensor.
    if (depth === 0) return b.output(expand(b, node, shape));
    const sizes = params.shape.slice(0, depth);
    const places = checkedPlaces(b, 'GatherNd', b.node(indices), sizes, null);
    return b.output(b.op('GatherND', [node, places], shape, node.dtype));
  }),
  ScatterNd: kernel<{ indices: TensorInfo; updates: TensorInfo }, { shape: number[] }>(
    (b, { indices, updates }, { shape }) => {
      const info = backend_util.calculateShapes(updates, indices, shape);
      const { sliceRank, numUpdates, sliceSize, strides, outputSize } = info;
      const values = b.node({ ...updates, shape: [numUpdates, sliceSize] });
      if (values.size === 0) return b.output(filled(b, 0, shape, values.dtype));
      const rows = outputSize / sliceSize;
      const given = b.node({ ...indices, shape: [numUpdates, sliceRank] });
      const places = checkedPlaces(b, 'ScatterNd', given, shape.slice(0, sliceRank), rows);
      const weights = Int32Array.from({ length: sliceRank }, (_, i) => strides[i] ?? 1);
      const scale = b.cast(b.constant(weights, [1, sliceRank], 'int32'), 'int64');
      const weighted = binary(b, 'Mul', places, scale);
      const flat = b.op('ReduceSum', [weighted], [numUpdates], 'int64', { keepdims: 0 }, [[1]]);
      return b.output(b.reshape(scatterSum(b, values, flat, rows), shape));
    },
  ),
  UnsortedSegmentSum: kernel<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
    (b, { x, segmentIds }, { numSegments }) => {
      const ids = b.cast(b.node(segmentIds), 'int32');
      return b.output(segmentSum(b, b.cast(b.node(x), 'float32'), ids, numSegments));
    },
  ),
  OneHot: kernel<
    { indices: TensorInfo },
    { dtype: 'float32' | 'int32' | 'bool'; depth: number; onValue: number; offValue: number }
  >((b, { indices }, { dtype, depth, onValue, offValue }) => {
    const places = b.node({ ...indices, shape: [...indices.shape, 1] });
    const classes = b.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    );
    const hit = binary(b, 'Equal', b.cast(places, 'int32'), classes, 'bool');
    if (onValue === 1 && offValue === 0) return b.output(b.cast(hit, dtype));
    return b.output(select(b, hit, b.scalar(onValue, dtype), b.scalar(offValue, dtype)));
  }),
  TopK: kernel<UnaryInput, { k: number }>((b, { x }, { k }) => {
    const node = b.node(x);
    const shape = [...node.shape.slice(0, -1), k];
    // Always sorted, because only then the lower index of equal values comes first.
    const attributes = { axis: -1, largest: 1, sorted: 1 };
    const values = b.op('TopK', [node], shape, node.dtype, attributes, [[k]]);
    const places = b.part(values, 1, 'int64');
    return [b.output(values), b.output(b.cast(places, 'int32'))];
  }),
} satisfies Record<string, Kernel>;
