import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { binary, filled, select, withScalar } from './elementwise';
import { scatterSum } from './indexing';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { slice } from './slice';

interface BincountInputs {
  readonly x: TensorInfo;
  /** A weight for each value; if empty, each value counts 1. */
  readonly weights: TensorInfo;
}

/**
 * Counts how often each of 0 … size − 1 occurs in x [N], or in each row of x [B, N]. Larger values
 * are not counted. Negative values are refused: at once if they are known, else when the graph
 * runs.
 */
function count(b: KernelContext, { x, weights }: BincountInputs, size: number): Node {
  const length = sizeOf(x.shape);
  const [rows, columns] = (x.shape.length === 2 ? x.shape : [1, length]) as [number, number];
  const values = b.cast(b.node({ ...x, shape: [rows, columns] }), 'int32');
  const negative = b.known(values)?.some((value) => value < 0) ?? false;
  util.assert(!negative, () => 'Input x must be non-negative!');
  const all = rows * size;
  const within = withScalar(b, 'Less', values, size, 'bool');
  const starts = Int32Array.from({ length: rows }, (_, i) => i * size);
  const places = binary(b, 'Add', values, b.constant(starts, [rows, 1], 'int32'));
  // Large values get an extra place at the end, negative values an invalid place.
  const counted = select(b, within, places, b.scalar(all, 'int32'));
  const isNegative = withScalar(b, 'Less', values, 0, 'bool');
  const ids = select(b, isNegative, b.scalar(all + 1, 'int32'), counted);
  const dtype = weights.dtype === 'int32' ? 'int32' : 'float32';
  const each =
    sizeOf(weights.shape) === 0
      ? filled(b, 1, [length], dtype)
      : b.node({ ...weights, shape: [length] });
  const sums = scatterSum(b, each, b.cast(b.reshape(ids, [length]), 'int64'), all + 1);
  return b.reshape(slice(b, sums, [0], [all]), [rows, size]);
}

export const bincountKernels = {
  Bincount: kernel<BincountInputs, { size: number }>((b, inputs, { size }) =>
    b.output(b.reshape(count(b, inputs, size), [size])),
  ),
  DenseBincount: kernel<BincountInputs, { size: number; binaryOutput?: boolean }>(
    (b, inputs, { size, binaryOutput = false }) => {
      const { x, weights } = inputs;
      util.assert(
        x.shape.length <= 2,
        () =>
          `Error in denseBincount: input must be at most rank 2, but got rank${x.shape.length}.`,
      );
      const shape = [...x.shape.slice(0, -1), size];
      // tfjs supports binaryOutput only for matrices.
      if (!binaryOutput || x.shape.length < 2) {
        return b.output(b.reshape(count(b, inputs, size), shape));
      }
      const counts = count(b, { x, weights: { ...weights, shape: [0] } }, size);
      const present = binary(b, 'Greater', counts, b.scalar(0, counts.dtype), 'bool');
      return b.output(b.cast(b.reshape(present, shape), counts.dtype));
    },
  ),
} satisfies Record<string, Kernel>;
