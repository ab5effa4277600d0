import type { Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { axisOf, integer, operand } from './lowering';
import type { Emitter } from './emitter';
import { padded } from './layout';
import type { Value } from './value';
import { HIGHEST, LOWEST } from './value';

const axesOf = (node: Node, { shape }: Value): number[] =>
  (node.integers?.[0] ?? shape.map((_, i) => i)).map((axis) => axisOf(axis, shape.length));

const reduction =
  (name: string, start: (x: Value) => number): Lowering =>
  (e, node, inputs) => {
    const x = operand(inputs, 0);
    return e.reshape(e.reduce(name, x, axesOf(node, x), start(x)), node.shape);
  };

const mean: Lowering = (e, node, inputs) => {
  const x = operand(inputs, 0);
  const axes = axesOf(node, x);
  const total = e.reshape(e.reduce('add', x, axes, 0), node.shape);
  const count = sizeOf(axes.map((axis) => x.shape[axis] as number));
  return e.like('divide', total, e.fill(count, node.shape, node.dtype));
};

/** What was reduced along an axis, repeated along it. */
function back(e: Emitter, reduced: Value, axis: number, { shape }: Value): Value {
  const kept = shape.flatMap((_, i) => (i === axis ? [] : [i]));
  return e.along(reduced, kept, shape);
}

/** x less its maximum along an axis, exp of that, and the sum of these. */
function shifted(e: Emitter, node: Node, x: Value): Record<'less' | 'exp' | 'sum', Value> {
  const axis = axisOf(integer(node, 'axis', -1), x.shape.length);
  const less = e.like('subtract', x, back(e, e.reduce('maximum', x, [axis], -Infinity), axis, x));
  const exp = e.like('exponential', less);
  return { less, exp, sum: back(e, e.reduce('add', exp, [axis], 0), axis, x) };
}

/** In log₂(n) sums, each of all elements with those 1, 2, 4 … before them. */
const cumulative: Lowering = (e, node, inputs) => {
  const x = operand(inputs, 0);
  const axis = axisOf(node.integers?.[0]?.[0] ?? 0, x.shape.length);
  const isReverse = integer(node, 'reverse', 0) === 1;
  const zero = e.fill(0, [], x.dtype);
  const moved = (value: Value, steps: number): Value => {
    const along = (amount: number): number[] => x.shape.map((_, i) => (i === axis ? amount : 0));
    const [before, after] = isReverse ? [-steps, steps] : [steps, -steps];
    return padded(e, value, along(before), along(after), zero);
  };
  let total = integer(node, 'exclusive', 0) === 1 ? moved(x, 1) : x;
  for (let steps = 1; steps < (x.shape[axis] as number); steps *= 2) {
    total = e.like('add', total, moved(total, steps));
  }
  return total;
};

export const reductions = {
  CumSum: cumulative,
  LogSoftmax: (e, node, inputs) => {
    const { less, sum } = shifted(e, node, operand(inputs, 0));
    return e.like('subtract', less, e.like('log', sum));
  },
  ReduceMax: reduction('maximum', ({ dtype }) => LOWEST[dtype]),
  ReduceMean: mean,
  ReduceMin: reduction('minimum', ({ dtype }) => HIGHEST[dtype]),
  ReduceProd: reduction('multiply', () => 1),
  ReduceSum: reduction('add', () => 0),
  Softmax: (e, node, inputs) => {
    const { exp, sum } = shifted(e, node, operand(inputs, 0));
    return e.like('divide', exp, sum);
  },
} satisfies Partial<Record<Operator, Lowering>>;
