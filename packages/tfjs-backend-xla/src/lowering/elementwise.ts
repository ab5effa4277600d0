import type { Operator } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { integer, operand } from './lowering';
import type { Emitter } from './emitter';
import type { Value } from './value';
import { isFloat } from './value';

/** Both operands in the shape of the result. */
const two =
  (write: (e: Emitter, a: Value, b: Value) => Value): Lowering =>
  (e, { shape }, inputs) =>
    write(e, e.spread(operand(inputs, 0), shape), e.spread(operand(inputs, 1), shape));

const plain = (name: string): Lowering => two((e, a, b) => e.like(name, a, b));

const compare = (direction: string): Lowering => two((e, a, b) => e.compare(direction, a, b));

/** Sums of constants are among the few things that XLA rearranges: (x + 1) − 1 to x. */
const sum =
  (name: string): Lowering =>
  (e, node, inputs) => {
    const { shape, dtype } = node;
    const isShift = isFloat(dtype) && inputs.some((input) => input.isConstant);
    const [a, b] = inputs.map((input) =>
      e.spread(isShift && input.isShifted === true ? e.opaque(input) : input, shape),
    ) as [Value, Value];
    return { ...e.like(name, a, b), isShifted: isShift };
  };

/**
 * XLA multiplies by the reciprocal of a divisor that is a constant or one number for all: 49 / 49
 * would be less than 1. It does not where the quotient may be whole: of whole constants, and of
 * float64, in which kernels divide integers.
 */
const quotient: Lowering = (e, node, inputs) => {
  const [x, given] = inputs.map((input) => e.spread(input, node.shape)) as [Value, Value];
  const { number, isConstant } = operand(inputs, 1);
  const isPower = number !== undefined && Number.isInteger(Math.log2(Math.abs(number)));
  const isWhole = isConstant && number !== undefined && Number.isInteger(number);
  const mustBeExact = node.dtype === 'float64' || (node.dtype === 'float32' && isWhole);
  return e.like('divide', x, mustBeExact && !isPower ? e.opaque(given) : given);
};

/** C's remainder with `fmod`, else Python's, whose sign is the divisor's. */
const modulo: Lowering = (e, node, inputs) => {
  const rest = two((_, a, b) => e.like('remainder', a, b))(e, node, inputs) as Value;
  if (integer(node, 'fmod', 0) === 1) return rest;
  const divisor = e.spread(operand(inputs, 1), node.shape);
  const zero = e.fill(0, node.shape, node.dtype);
  const differ = e.compare('NE', e.compare('LT', rest, zero), e.compare('LT', divisor, zero));
  const turn = e.like('and', differ, e.compare('NE', rest, zero));
  return e.select(turn, e.like('add', rest, divisor), rest);
};

export const elementwise = {
  Add: sum('add'),
  Sub: sum('subtract'),
  Mul: plain('multiply'),
  Div: quotient,
  Max: plain('maximum'),
  Min: plain('minimum'),
  Mod: modulo,
  Pow: plain('power'),
  BitwiseAnd: plain('and'),
  And: plain('and'),
  Or: plain('or'),
  Xor: plain('xor'),
  Greater: compare('GT'),
  GreaterOrEqual: compare('GE'),
  Less: compare('LT'),
  LessOrEqual: compare('LE'),
  Where: (e, { shape }, inputs) => {
    const [condition, a, b] = inputs.map((input) => e.spread(input, shape));
    return e.select(condition as Value, a as Value, b as Value);
  },
} satisfies Partial<Record<Operator, Lowering>>;
