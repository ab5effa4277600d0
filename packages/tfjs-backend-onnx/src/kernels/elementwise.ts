import { broadcast_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import type { Operator } from '../graph/operators';
import type { ElementType } from '../graph/types';
import { sameShape } from '../graph/types';

export const broadcastShape = (a: readonly number[], b: readonly number[]): number[] =>
  sameShape(a, b) ? [...a] : broadcast_util.assertAndGetBroadcastShape([...a], [...b]);

/** An operator of one input that keeps shape and type. */
export function unary(backend: KernelContext, op: Operator, x: Node): Node {
  return backend.op(op, [x], x.shape, x.dtype);
}

/**
 * An operator of two inputs that broadcasts as numpy. If an operand is itself a broadcast to the
 * result's shape, its source is used, which saves a pass over memory.
 */
export function binary(
  backend: KernelContext,
  op: Operator,
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

/** `x` combined with a number that is part of the graph's structure. */
export function withScalar(
  backend: KernelContext,
  op: Operator,
  x: Node,
  value: number,
  dtype: ElementType = x.dtype,
): Node {
  return backend.op(op, [x, backend.scalar(value, x.dtype)], x.shape, dtype);
}

export function select(backend: KernelContext, condition: Node, a: Node, b: Node): Node {
  const shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape);
  if (a.dtype !== 'bool') return backend.op('Where', [condition, a, b], shape, a.dtype);
  // ONNX Runtime's Where does not support bools.
  const wide = [condition, backend.cast(a, 'int32'), backend.cast(b, 'int32')];
  return backend.cast(backend.op('Where', wide, shape, 'int32'), 'bool');
}

export function expand(backend: KernelContext, x: Node, shape: readonly number[]): Node {
  return sameShape(x.shape, shape) ? x : backend.op('Expand', [x], shape, x.dtype, null, [shape]);
}

/** A tensor whose elements all equal `value`. */
export function filled(
  backend: KernelContext,
  value: number,
  shape: readonly number[],
  dtype: ElementType = 'float32',
): Node {
  return expand(backend, backend.scalar(value, dtype), shape);
}

/**
 * Computes in the type `through` and converts the result to the type of `x`, as JavaScript does.
 */
export function via(
  backend: KernelContext,
  x: Node,
  through: ElementType,
  run: (x: Node) => Node,
): Node {
  return x.dtype === through ? run(x) : castLikeJs(backend, run(backend.cast(x, through)), x.dtype);
}

/**
 * A cast with JavaScript's rules: a float becomes an int32 by rounding towards zero, modulo 2^32,
 * and 0 if it is not finite.
 */
export function castLikeJs(backend: KernelContext, x: Node, dtype: ElementType): Node {
  const fromFloat = x.dtype === 'float32' || x.dtype === 'float64';
  if (dtype !== 'int32' || !fromFloat) return backend.cast(x, dtype);
  // A float32 beyond int64 is a multiple of 2^32; a float64 need not be.
  const rest = x.dtype === 'float32' ? x : remainder(backend, x, 2 ** 32);
  const held = withScalar(backend, 'Less', unary(backend, 'Abs', rest), 2 ** 63, 'bool');
  const whole = select(backend, held, rest, backend.scalar(0, x.dtype));
  // This does not change the bits. Without it ONNX Runtime would merge the two casts into one,
  // which saturates at the largest int32.
  const bits = withScalar(backend, 'BitwiseAnd', backend.cast(whole, 'int64'), -1);
  return backend.cast(bits, dtype);
}

const remainder = (backend: KernelContext, x: Node, divisor: number): Node =>
  backend.op('Mod', [x, backend.scalar(divisor, x.dtype)], x.shape, x.dtype, { fmod: 1 });
