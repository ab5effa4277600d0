import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import { sameShape, sizeOf } from '../graph/types';

/** Shorter sums cost more as products of matrices than as two passes. */
const MIN_LENGTH = 512;
/** Longer ones are cut, which gives every thread some and keeps rounding errors small. */
const MAX_LENGTH = 4096;

/**
 * Σ a · b over `axes` (kept as 1), if `x` is a · b of equal shapes and long runs of memory are
 * summed: one product of matrices then, which reads both operands once and writes nothing.
 * Else null.
 */
export function sumOfProducts(backend: OnnxBackend, x: Node, axes: readonly number[]): Node | null {
  const [a, b] = x.op === 'Mul' && x.values === null ? x.inputs : [];
  if (a === undefined || b === undefined || x.dtype !== 'float32') return null;
  if (!sameShape(a.shape, x.shape) || !sameShape(b.shape, x.shape)) return null;
  let kept = x.shape.length;
  while (kept > 0 && axes.includes(kept - 1)) kept--;
  let length = sizeOf(x.shape.slice(kept));
  if (length < MIN_LENGTH) return null;
  while (length > MAX_LENGTH && length % 2 === 0) length /= 2;

  const rows = sizeOf(x.shape) / length;
  const operands = [a, b].map((node) => backend.reshape(node, [rows, 1, length]));
  const attributes = { transA: 0, transB: 1 };
  const runs = backend.op('FusedMatMul', operands, [rows, 1, 1], 'float32', attributes);
  const leading = x.shape.slice(0, kept);
  const shape = [...leading, rows / sizeOf(leading)];
  const rest = [...axes.filter((axis) => axis < kept), kept];
  const size = x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
  const parts = backend.reshape(runs, shape);
  if (rest.every((axis) => shape[axis] === 1)) return backend.reshape(parts, size);
  const reduced = shape.map((dim, i) => (rest.includes(i) ? 1 : dim));
  const sum = backend.op('ReduceSum', [parts], reduced, 'float32', { keepdims: 1 }, [rest]);
  return backend.reshape(sum, size);
}
