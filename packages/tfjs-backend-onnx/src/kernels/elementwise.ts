import { broadcast_util } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import type { ElementType } from '../graph/types';
import { sameShape } from '../graph/types';

export const broadcastShape = (a: readonly number[], b: readonly number[]): number[] =>
  sameShape(a, b) ? [...a] : broadcast_util.assertAndGetBroadcastShape([...a], [...b]);

/** An operator of one input that keeps shape and type. */
export function unary(backend: OnnxBackend, op: string, x: Node): Node {
  return backend.op(op, [x], x.shape, x.dtype);
}

/**
 * An operator of two inputs that broadcasts as numpy does. An operand that was only spread to the
 * result's shape enters unspread, which saves a pass over memory.
 */
export function binary(
  backend: OnnxBackend,
  op: string,
  a: Node,
  b: Node,
  dtype: ElementType = a.dtype,
): Node {
  const shape = broadcastShape(a.shape, b.shape);
  let left = a;
  let right = b;
  const narrowA = a.op === 'Expand' ? a.inputs[0] : undefined;
  if (narrowA !== undefined && sameShape(broadcastShape(narrowA.shape, b.shape), shape)) {
    left = narrowA;
  } else {
    const narrowB = b.op === 'Expand' ? b.inputs[0] : undefined;
    if (narrowB !== undefined && sameShape(broadcastShape(a.shape, narrowB.shape), shape)) {
      right = narrowB;
    }
  }
  return backend.op(op, [left, right], shape, dtype);
}

/** `x` combined with a number that belongs to the structure. */
export function withScalar(backend: OnnxBackend, op: string, x: Node, value: number): Node {
  return backend.op(op, [x, backend.scalar(value, x.dtype)], x.shape, x.dtype);
}

export function select(backend: OnnxBackend, condition: Node, a: Node, b: Node): Node {
  const shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape);
  if (a.dtype !== 'bool') return backend.op('Where', [condition, a, b], shape, a.dtype);
  // ONNX Runtime's Where takes no bools.
  const wide = [condition, backend.cast(a, 'int32'), backend.cast(b, 'int32')];
  return backend.cast(backend.op('Where', wide, shape, 'int32'), 'bool');
}

export function expand(backend: OnnxBackend, x: Node, shape: readonly number[]): Node {
  return sameShape(x.shape, shape) ? x : backend.op('Expand', [x], shape, x.dtype, null, [shape]);
}

/** Computes in `through` and returns to the type of `x`; JavaScript's numbers act so. */
export function via(
  backend: OnnxBackend,
  x: Node,
  through: ElementType,
  run: (x: Node) => Node,
): Node {
  return x.dtype === through ? run(x) : castLikeJs(backend, run(backend.cast(x, through)), x.dtype);
}

/** A cast with JavaScript's rules: what is not a finite number becomes the integer 0. */
export function castLikeJs(backend: OnnxBackend, x: Node, dtype: ElementType): Node {
  const fromFloat = x.dtype === 'float32' || x.dtype === 'float64';
  if (dtype !== 'int32' || !fromFloat) return backend.cast(x, dtype);
  // x - x is 0 for finite numbers and NaN for the others.
  const finite = binary(backend, 'Equal', binary(backend, 'Sub', x, x), zero(backend, x), 'bool');
  return backend.cast(select(backend, finite, x, zero(backend, x)), dtype);
}

function zero(backend: OnnxBackend, x: Node): Node {
  return backend.scalar(0, x.dtype);
}
