import type { ElementType, Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Emitter, Region } from './emitter';
import { integers } from './emitter';
import type { Lowering } from './lowering';
import { axisOf, integer, operand } from './lowering';
import type { Value } from './value';
import { HIGHEST, LOWEST, isFloat } from './value';

/** Which of two numbers is the better one: the greater (GT) or the less (LT). */
export type Direction = 'GT' | 'LT';

/** Of two numbers and their places: the better one, the first of equal ones. */
export const better = (direction: Direction, dtype: ElementType): Region => ({
  takes: [dtype, 'int32', dtype, 'int32'],
  body: (e, given) => {
    const [a, i, b, j] = given as [Value, Value, Value, Value];
    const earlier = e.like('and', e.compare('EQ', b, a), e.compare('LT', j, i));
    const second = e.like('or', e.compare(direction, b, a), earlier);
    return [e.select(second, b, a), e.select(second, j, i)];
  },
});

/**
 * The place of the best element along axes, which go; of equal ones the first. It is found in the pass
 * that compares the elements: a second pass that looks for the best one may not find it, because XLA
 * computes the elements again in each, and rounds differently where it contracts other products and sums.
 * @param places int32 numbers of the shape of x: the number that stands for each element in the result.
 */
function bestPlaces(
  e: Emitter,
  direction: Direction,
  [x, places]: readonly [Value, Value],
  axes: readonly number[],
): Value {
  const worst = (direction === 'GT' ? LOWEST : HIGHEST)[x.dtype];
  const starts = [e.fill(worst, [], x.dtype), e.fill(HIGHEST.int32, [], 'int32')];
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  const [, found] = e.results(
    'reduce',
    [x, places, ...starts],
    [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ],
    [`dimensions = ${integers(axes)}`],
    better(direction, x.dtype),
  );
  return found as Value;
}

const argument =
  (direction: Direction): Lowering =>
  (e, node, inputs) => {
    const x = operand(inputs, 0);
    const axis = axisOf(integer(node, 'axis', 0), x.shape.length);
    const found = bestPlaces(e, direction, [x, e.iota(x.shape, axis, 'int32')], [axis]);
    return e.reshape(e.convert(found, node.dtype), node.shape);
  };

/** The extremum that a value is, whatever its shape, and NaN where a NaN is among the elements. */
function extremumOf(node: Node): Node | null {
  const [first, second, third] = node.inputs;
  switch (node.op) {
    case 'ReduceMax':
    case 'ReduceMin':
      return node;
    case 'Identity':
    case 'Reshape':
    case 'Expand':
      return first === undefined ? null : extremumOf(first);
    case 'Where':
      return second === undefined || third === undefined
        ? null
        : (extremumOf(third) ?? extremumOf(second));
    default:
      return null;
  }
}

/**
 * Equality. Where floats are compared with their own extremum, as the gradients of a maximum do, the
 * element that was found to be the best is equal to it, however XLA rounds where it compares.
 */
const equal: Lowering = (e, node, inputs) => {
  const [a, b] = inputs.map((input) => e.spread(input, node.shape)) as [Value, Value];
  const plain = e.compare('EQ', a, b);
  const own = [0, 1].flatMap((place) => {
    const [x, other] = [node.inputs[place], node.inputs[1 - place]];
    const extremum = other === undefined ? null : extremumOf(other);
    return extremum !== null && extremum.inputs[0] === x
      ? [{ extremum, x: operand(inputs, place) }]
      : [];
  })[0];
  if (own === undefined || !isFloat(own.x.dtype) || own.x.isConstant) return plain;
  const { extremum, x } = own;
  const rank = x.shape.length;
  const axes = (extremum.integers?.[0] ?? x.shape.map((_, i) => i)).map((axis) =>
    axisOf(axis, rank),
  );
  const places = e.reshape(e.iota([sizeOf(x.shape)], 0, 'int32'), x.shape);
  const found = bestPlaces(e, extremum.op === 'ReduceMax' ? 'GT' : 'LT', [x, places], axes);
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  return e.like('or', plain, e.compare('EQ', places, e.along(found, kept, x.shape)));
};

export const extrema = {
  ArgMax: argument('GT'),
  ArgMin: argument('LT'),
  Equal: equal,
} satisfies Partial<Record<Operator, Lowering>>;
