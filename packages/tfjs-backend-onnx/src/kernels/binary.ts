import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import type { Operator } from '../graph/operators';
import type { ElementType } from '../graph/types';
import { sinking } from './channels';
import { binary, castLikeJs, expand, broadcastShape, select, unary } from './elementwise';
import type { BinaryInputs, Kernel } from './kernel';
import { kernel } from './kernel';
import { prelu } from './activations';

type Formula = (backend: KernelContext, a: Node, b: Node) => Node;

/**
 * @param through the type in which integers and bools are computed: int32 (sums and products are
 *   exact modulo 2^32) or float64. @param floating the type in which floats are computed.
 */
const arithmetic = (
  formula: Formula,
  through: 'int32' | 'float64' = 'int32',
  floating: ElementType = 'float32',
): Kernel =>
  kernel<BinaryInputs>((backend, { a, b }) => {
    const left = backend.node(a);
    const right = backend.node(b);
    const bothFloats = left.dtype === 'float32' && right.dtype === 'float32';
    if (bothFloats && floating === 'float32') {
      return backend.output(sinking(backend, [left, right], (p, q) => formula(backend, p, q)));
    }
    const floats = left.dtype === 'float32' || right.dtype === 'float32';
    const wide = floats ? floating : through;
    const operands = [backend.cast(left, wide), backend.cast(right, wide)];
    const result = sinking(backend, operands, (p, q) => formula(backend, p, q));
    return backend.output(castLikeJs(backend, result, floats ? 'float32' : left.dtype));
  });

const comparison = (formula: Formula): Kernel =>
  kernel<BinaryInputs>((backend, { a, b }) => {
    const left = backend.node(a);
    const right = backend.node(b);
    const wide = left.dtype === 'float32' || right.dtype === 'float32' ? 'float32' : 'int32';
    const operands = [backend.cast(left, wide), backend.cast(right, wide)];
    return backend.output(sinking(backend, operands, (p, q) => formula(backend, p, q)));
  });

const logical = (op: Operator): Kernel =>
  kernel<BinaryInputs>((backend, { a, b }) => {
    const operands = [backend.cast(backend.node(a), 'bool'), backend.cast(backend.node(b), 'bool')];
    return backend.output(sinking(backend, operands, (p, q) => binary(backend, op, p, q)));
  });

const op =
  (name: Operator): Formula =>
  (backend, a, b) =>
    binary(backend, name, a, b);

const compare =
  (name: Operator): Formula =>
  (backend, a, b) =>
    binary(backend, name, a, b, 'bool');

/** The other operand, if one operand is known to be `value` everywhere and so can be left out. */
function neutral(backend: KernelContext, { a, b }: BinaryInputs, value: number, both: boolean) {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return null;
  const shape = broadcastShape(a.shape, b.shape);
  if (backend.fillOf(b) === value) return expand(backend, backend.node(a), shape);
  if (both && backend.fillOf(a) === value) return expand(backend, backend.node(b), shape);
  return null;
}

/** The kernel `run`, which is skipped if one operand is a neutral element. */
const sparing = (run: Kernel, value: number, both: boolean): Kernel =>
  kernel<BinaryInputs>((backend, inputs) => {
    const shortcut = neutral(backend, inputs, value, both);
    return shortcut === null
      ? (run as (b: KernelContext, i: BinaryInputs, a: undefined) => TensorInfo)(
          backend,
          inputs,
          undefined,
        )
      : backend.output(shortcut);
  });

/** The result is an integer, and 0 if the quotient is not finite, as in JavaScript. */
const floorDivide: Formula = (b, x, y) =>
  castLikeJs(b, unary(b, 'Floor', binary(b, 'Div', x, y)), 'int32');

/** Python's modulo, by the formula of tfjs's cpu backend. */
const modulo: Formula = (b, x, y) => {
  const fmod = (p: Node, q: Node): Node =>
    b.op('Mod', [p, q], broadcastShape(p.shape, q.shape), x.dtype, { fmod: 1 });
  const rest = fmod(x, y);
  const negative = (n: Node): Node => b.op('Less', [n, b.scalar(0, n.dtype)], n.shape, 'bool');
  const differ = binary(b, 'Xor', negative(x), negative(y), 'bool');
  return select(b, differ, fmod(binary(b, 'Add', rest, y), y), rest);
};

/**
 * Improves an angle with tan(angle) = ratio from float32 to float64 precision, by one step of
 * Newton's method.
 */
function sharpened(b: KernelContext, angle: Node, ratio: Node): Node {
  const [sin, cos] = [unary(b, 'Sin', angle), unary(b, 'Cos', angle)];
  const rest = binary(b, 'Sub', binary(b, 'Mul', ratio, cos), sin);
  const slope = binary(b, 'Add', cos, binary(b, 'Mul', ratio, sin));
  return binary(b, 'Add', angle, binary(b, 'Div', rest, slope));
}

/** The arctangent in the type of the ratio, although ONNX Runtime has it only for float32. */
function arctangent(b: KernelContext, ratio: Node): Node {
  if (ratio.dtype === 'float32') return unary(b, 'Atan', ratio);
  const rough = b.cast(unary(b, 'Atan', b.cast(ratio, 'float32')), 'float64');
  const infinite = b.op('IsInf', [ratio], ratio.shape, 'bool');
  return select(b, infinite, rough, sharpened(b, rough, ratio));
}

/**
 * atan2 by atan and the quadrants, since ONNX lacks it. Two infinities are replaced by their signs.
 */
const atan2: Formula = (b, y, x) => {
  const shape = broadcastShape(y.shape, x.shape);
  const zero = b.scalar(0, x.dtype);
  const test = (op: Operator, n: Node, ...rest: Node[]): Node =>
    b.op(op, [n, ...rest], n.shape, 'bool');
  // 1 / n distinguishes −0 from 0.
  const isBelow = (n: Node): Node =>
    binary(b, 'Or', test('Less', n, zero), test('Less', unary(b, 'Reciprocal', n), zero));
  const infinite = binary(b, 'And', test('IsInf', y), test('IsInf', x));
  const top = select(b, infinite, unary(b, 'Sign', y), y);
  const bottom = select(b, infinite, unary(b, 'Sign', x), x);
  const onAxis = binary(b, 'And', test('Equal', y, zero), unary(b, 'Not', test('IsNaN', x)));
  const flat = select(b, onAxis, y, arctangent(b, binary(b, 'Div', top, bottom)));
  const turn = select(b, isBelow(y), b.scalar(-Math.PI, x.dtype), b.scalar(Math.PI, x.dtype));
  return expand(b, select(b, isBelow(x), binary(b, 'Add', flat, turn), flat), shape);
};

export const binaryKernels = {
  Add: sparing(arithmetic(op('Add')), 0, true),
  Sub: sparing(arithmetic(op('Sub')), 0, false),
  Multiply: sparing(arithmetic(op('Mul')), 1, true),
  RealDiv: sparing(arithmetic(op('Div'), 'float64'), 1, false),
  FloorDiv: kernel<BinaryInputs>((backend, { a, b }) => {
    // In float32 a quotient just below an integer would round to that integer.
    const operands = [a, b].map((info) => backend.cast(backend.node(info), 'float64'));
    return backend.output(sinking(backend, operands, (p, q) => floorDivide(backend, p, q)));
  }),
  Mod: arithmetic(modulo, 'float64', 'float64'),
  Pow: arithmetic(op('Pow'), 'float64'),
  Atan2: arithmetic(atan2, 'float64'),
  Maximum: arithmetic(op('Max')),
  Minimum: arithmetic(op('Min')),
  SquaredDifference: arithmetic((b, x, y) => {
    const difference = binary(b, 'Sub', x, y);
    return binary(b, 'Mul', difference, difference);
  }),
  Equal: comparison(compare('Equal')),
  NotEqual: comparison((b, x, y) => unary(b, 'Not', compare('Equal')(b, x, y))),
  Greater: comparison(compare('Greater')),
  GreaterEqual: comparison(compare('GreaterOrEqual')),
  Less: comparison(compare('Less')),
  LessEqual: comparison(compare('LessOrEqual')),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  BitwiseAnd: arithmetic(op('BitwiseAnd')),
  Prelu: kernel<{ x: TensorInfo; alpha: TensorInfo }>((b, { x, alpha }) =>
    b.output(prelu(b, b.cast(b.node(x), 'float32'), b.cast(b.node(alpha), 'float32'))),
  ),
  AddN: kernel<readonly TensorInfo[]>((b, inputs) => {
    const nodes = Object.values(inputs).map((input) => b.node(input));
    return b.output(
      nodes.reduce((sum, node) => sinking(b, [sum, node], (p, q) => binary(b, 'Add', p, q))),
    );
  }),
  Select: kernel<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }>(
    (b, { condition, t, e }) => {
      let mask = b.cast(b.node(condition), 'bool');
      if (mask.shape.length === 1 && t.shape.length > 1) {
        mask = b.reshape(mask, [mask.shape[0] as number, ...t.shape.slice(1).map(() => 1)]);
      }
      const operands = [mask, b.node(t), b.node(e)];
      const chosen = sinking(b, operands, (m, p, q) => select(b, m, p, q));
      return b.output(expand(b, chosen, t.shape));
    },
  ),
} satisfies Record<string, Kernel>;
