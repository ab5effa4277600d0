import type { Node } from '../graph/node';
import { sameShape, sizeOf } from '../graph/types';
import type { Rule } from './rule';

/** Many shorter sums are slower as matrix products than as two passes. */
const MIN_LENGTH = 512;
/** Longer sums are split, so that all threads are used and rounding errors are small. */
const MAX_LENGTH = 4096;

/**
 * Computes Σ a · b, or its mean, over long contiguous runs by a batch of row-times-column products,
 * which reads both operands once and writes no intermediate result.
 */
export const sumOfProducts: Rule = (node, workshop) => {
  const [product] = node.inputs;
  if (node.op !== 'ReduceSum' && node.op !== 'ReduceMean') return null;
  if (product?.op !== 'Mul' || product.dtype !== 'float32') return null;
  const { shape, inputs } = product;
  if (!inputs.every((input) => sameShape(input.shape, shape))) return null;
  if (!workshop.isUsedOnce(product)) return null;
  const axes = node.integers?.[0] ?? [];
  let kept = shape.length;
  while (kept > 0 && axes.includes(kept - 1)) kept--;
  let length = sizeOf(shape.slice(kept));
  if (length < MIN_LENGTH && length < sizeOf(shape)) return null;
  while (length > MAX_LENGTH && length % 2 === 0) length /= 2;

  const rows = sizeOf(shape) / length;
  const count = node.op === 'ReduceSum' ? 1 : sizeOf(shape) / sizeOf(node.shape);
  const attributes = { transA: 0, transB: 1 };
  const operands = inputs.map((input) => workshop.reshape(input, [rows, 1, length]));
  const runs = workshop.node('FusedMatMul', operands, [rows, 1, 1], 'float32', attributes);
  const leading = shape.slice(0, kept);
  const rest = [...axes.filter((axis) => axis < kept), kept];
  const parts = [...leading, rows / sizeOf(leading)];
  // Not as alpha of the product: with a factor other than 1 ONNX Runtime does not use its fast
  // kernel.
  const scaled = (sum: Node): Node =>
    count === 1
      ? workshop.reshape(sum, node.shape)
      : workshop.node(
          'Mul',
          [workshop.reshape(sum, node.shape), workshop.scalar(1 / count)],
          node.shape,
          'float32',
        );
  if (rest.every((axis) => parts[axis] === 1)) return scaled(runs);
  const keepdims = { keepdims: 0 };
  const size = parts.filter((_, axis) => !rest.includes(axis));
  const split = workshop.reshape(runs, parts);
  const sum = workshop.node('ReduceSum', [split], size, 'float32', keepdims, [rest]);
  return scaled(sum);
};
