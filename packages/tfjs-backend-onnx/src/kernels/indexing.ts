import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import type { ElementType } from '../graph/types';
import { sizeOf } from '../graph/types';
import { binary, expand, select } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { slice } from './slice';

const gather = (b: OnnxBackend, x: Node, indices: Node, axis: number): Node => {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return b.op('Gather', [x, indices], shape, x.dtype, { axis });
};

/** Indices that are computed only later are checked by ONNX Runtime then. */
function assertWithin(indices: Node, length: number): void {
  const wrong = indices.array?.find((index) => !(0 <= index && index < length));
  util.assert(
    wrong === undefined,
    () => `GatherV2: the index value ${wrong ?? ''} is not in [0, ${length - 1}]`,
  );
}

/** `count` zeros rows of `x`'s row shape, to scatter into. */
const zeros = (b: OnnxBackend, shape: readonly number[], dtype: ElementType): Node =>
  expand(b, b.scalar(0, dtype), shape);

/**
 * Sums `updates` [N, ...] into `rows` rows by `ids` [N] int32. Ids outside are left out. The
 * rows are summed in the order of N, so that equal runs give equal bits.
 */
export function segmentSum(b: OnnxBackend, updates: Node, ids: Node, rows: number): Node {
  const row = updates.shape.slice(1);
  const count = updates.shape[0] as number;
  const width = sizeOf(row);
  const shape = [rows, ...row];
  if (sizeOf(updates.shape) === 0) return zeros(b, shape, updates.dtype);
  const within = binary(
    b,
    'And',
    binary(b, 'GreaterOrEqual', ids, b.scalar(0, 'int32'), 'bool'),
    binary(b, 'Less', ids, b.scalar(rows, 'int32'), 'bool'),
  );
  const target = b.cast(select(b, within, ids, b.scalar(rows, 'int32')), 'int64');
  const places = expand(b, b.reshape(target, [count, 1]), [count, width]);
  const flat = b.reshape(updates, [count, width]);
  const inputs = [zeros(b, [rows + 1, width], updates.dtype), places, flat];
  const attributes = { axis: 0, reduction: 'add' };
  const summed = b.op('ScatterElements', inputs, [rows + 1, width], updates.dtype, attributes);
  return b.reshape(slice(b, summed, [0, 0], [rows, width]), shape);
}

export const indexingKernels = {
  GatherV2: kernel<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims?: number }>(
    (b, { x, indices }, { axis, batchDims = 0 }) => {
      const [along] = util.parseAxisParam(axis, x.shape) as [number];
      const places = b.cast(b.node(indices), 'int32');
      assertWithin(places, x.shape[along] as number);
      if (batchDims === 0) return b.output(gather(b, b.node(x), places, along));
      const info = backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims);
      const { batchSize, outerSize, dimSize, sliceSize, outputShape } = info;
      const per = sizeOf(indices.shape) / batchSize;
      // Batch and outer dimensions are unrolled into the indices of one gather of rows.
      const rows = b.node({ ...x, shape: [batchSize * outerSize * dimSize, sliceSize] });
      const starts = Int32Array.from({ length: batchSize * outerSize }, (_, i) => i * dimSize);
      const offsets = b.constant(starts, [batchSize, outerSize, 1], 'int32');
      const local = b.reshape(places, [batchSize, 1, per]);
      const picked = gather(b, rows, binary(b, 'Add', local, offsets), 0);
      return b.output(b.reshape(picked, outputShape));
    },
  ),
  GatherNd: kernel<{ params: TensorInfo; indices: TensorInfo }>((b, { params, indices }) => {
    const [shape] = backend_util.prepareAndValidate(params, indices);
    const places = b.cast(b.node(indices), 'int64');
    const node = b.node(params);
    return b.output(b.op('GatherND', [node, places], shape, node.dtype));
  }),
  ScatterNd: kernel<{ indices: TensorInfo; updates: TensorInfo }, { shape: number[] }>(
    (b, { indices, updates }, { shape }) => {
      const info = backend_util.calculateShapes(updates, indices, shape);
      const { sliceRank, numUpdates, sliceSize, strides, outputSize } = info;
      const places = b.node({ ...indices, shape: [numUpdates, sliceRank] });
      const weights = Int32Array.from({ length: sliceRank }, (_, i) => strides[i] ?? 1);
      const weighted = binary(b, 'Mul', places, b.constant(weights, [1, sliceRank], 'int32'));
      const flat = b.op('ReduceSum', [weighted], [numUpdates], 'int32', { keepdims: 0 }, [[1]]);
      const rows = b.node({ ...updates, shape: [numUpdates, sliceSize] });
      return b.output(b.reshape(segmentSum(b, rows, flat, outputSize / sliceSize), shape));
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
    // Sorted in any case: only then does the lower index of equal values come first.
    const attributes = { axis: -1, largest: 1, sorted: 1 };
    if (k === 0) {
      return [
        b.literal(new Float32Array(0), shape, x.dtype),
        b.literal(new Int32Array(0), shape, 'int32'),
      ];
    }
    const values = b.op('TopK', [node], shape, node.dtype, attributes, [[k]], 2);
    const places = b.op('@out', [values], shape, 'int64', { index: 1 });
    return [b.output(values), b.output(b.cast(places, 'int32'))];
  }),
} satisfies Record<string, Kernel>;
