import type { Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { axisOf, integer, list, operand, unknownForm } from './lowering';
import type { Emitter } from './emitter';
import { integers } from './emitter';
import type { Value } from './value';

/** Elements start, start + step … of each axis, as many as the result has. */
interface Steps {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** Where ONNX's bounds, of which negative ones count from the back, really begin. */
function stepsOf(node: Node, x: Value): Steps {
  const [starts, , axes, steps] = node.integers as readonly (readonly number[])[];
  const order = axes ?? (starts as readonly number[]).map((_, i) => i);
  const result = { starts: x.shape.map(() => 0), steps: x.shape.map(() => 1) };
  order.forEach((given, i) => {
    const axis = axisOf(given, x.shape.length);
    const length = x.shape[axis] as number;
    const step = steps?.[i] ?? 1;
    const start = starts?.[i] ?? 0;
    const fromFront = start < 0 ? start + length : start;
    result.steps[axis] = step;
    result.starts[axis] = Math.max(0, Math.min(fromFront, step < 0 ? length - 1 : length));
  });
  return result;
}

function strided(e: Emitter, x: Value, { shape }: Node, { starts, steps }: Steps): Value {
  const first = starts.map((start, axis) => {
    const step = steps[axis] as number;
    return step < 0 ? start + step * ((shape[axis] as number) - 1) : start;
  });
  const sizes = steps.map(Math.abs);
  const limits = first.map(
    (start, axis) => start + (sizes[axis] as number) * ((shape[axis] as number) - 1) + 1,
  );
  const cut = e.op('slice', [x], shape, x.dtype, [
    `start_indices = ${integers(first)}`,
    `limit_indices = ${integers(limits)}`,
    `strides = ${integers(sizes)}`,
  ]);
  const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  if (backwards.length === 0) return cut;
  return e.op('reverse', [cut], shape, x.dtype, [`dimensions = ${integers(backwards)}`]);
}

/** Along the one axis in which the shapes differ, from an element that is known when it is run. */
function dynamic(e: Emitter, node: Node, [x, start]: readonly [Value, Value]): Value {
  const axes = node.shape.flatMap((size, axis) => (size === x.shape[axis] ? [] : [axis]));
  if (axes.length !== 1) throw unknownForm(node, 'bounds that are tensors, along several axes');
  const [axis] = axes as [number];
  const zero = e.fill(0, [], start.dtype);
  const first = e.reshape(start, []);
  const last = e.fill((x.shape[axis] as number) - (node.shape[axis] as number), [], start.dtype);
  const outside = e.like('or', e.compare('LT', first, zero), e.compare('GT', first, last));
  e.refuse(outside, `Slice: it begins outside of axis ${axis} of [${x.shape.join()}].`);
  const starts = x.shape.map((_, i) => (i === axis ? first : zero));
  return e.op('dynamic_slice', [x, ...starts], node.shape, x.dtype, [
    `slice_sizes = ${integers(node.shape)}`,
  ]);
}

/** Numbers of the structure that an operator has as an input. */
function structural(node: Node, place: number): readonly number[] {
  const input = node.inputs[place];
  const value = input?.op === '@const' ? input.attributes?.['value'] : undefined;
  if (Array.isArray(value)) return value as readonly number[];
  throw unknownForm(node, `its input ${place} is not known when the graph is compiled`);
}

/** Amounts before and after each axis; negative ones cut off. */
export function padded(
  e: Emitter,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  fill: Value,
): Value {
  const shape = x.shape.map((size, i) => size + (before[i] as number) + (after[i] as number));
  return e.op('pad', [x, fill], shape, x.dtype, [
    `edge_padding_low = ${integers(before)}`,
    `edge_padding_high = ${integers(after)}`,
    `interior_padding = ${integers(x.shape.map(() => 0))}`,
  ]);
}

/**
 * A transpose with as few axes as there can be: those of one element are left out, and those that
 * stay side by side are one. XLA takes seconds to compile one of six axes.
 */
function turned(e: Emitter, x: Value, perm: readonly number[], shape: readonly number[]): Value {
  const groups: number[][] = [];
  for (const axis of perm.filter((each) => x.shape[each] !== 1)) {
    const last = groups.at(-1);
    const between = last === undefined ? [] : x.shape.slice((last.at(-1) as number) + 1, axis);
    const follows = last !== undefined && axis > (last.at(-1) as number);
    if (follows && between.every((size) => size === 1)) last.push(axis);
    else groups.push([axis]);
  }
  const order = groups.map(([first]) => first as number).sort((a, b) => a - b);
  const sized = new Map(
    groups.map((axes) => [axes[0] as number, sizeOf(axes.map((axis) => x.shape[axis] as number))]),
  );
  const narrow = e.reshape(
    x,
    order.map((first) => sized.get(first) as number),
  );
  const moved = groups.map(([first]) => order.indexOf(first as number));
  const isMoved = moved.some((axis, i) => axis !== i);
  return e.reshape(isMoved ? e.transpose(narrow, moved) : narrow, shape);
}

export const layout = {
  Cast: (e, { dtype }, inputs) => e.convert(operand(inputs, 0), dtype),
  Concat: (e, node, inputs) =>
    e.op('concatenate', inputs, node.shape, node.dtype, [
      `dimension = ${axisOf(integer(node, 'axis', 0), node.shape.length)} : i64`,
    ]),
  Expand: (e, { shape }, inputs) => e.spread(operand(inputs, 0), shape),
  Identity: (_, __, inputs) => operand(inputs, 0),
  Pad: (e, node, inputs) => {
    const [x, , fill] = inputs as readonly [Value, Value, Value | undefined];
    const bounds = structural(node, 1);
    const rank = x.shape.length;
    const number = fill === undefined ? e.fill(0, [], x.dtype) : e.reshape(fill, []);
    return padded(e, x, bounds.slice(0, rank), bounds.slice(rank), number);
  },
  Reshape: (e, { shape }, inputs) => e.reshape(operand(inputs, 0), shape),
  Slice: (e, node, inputs) => {
    const [x, start] = inputs as readonly [Value, Value | undefined];
    return start === undefined
      ? strided(e, x, node, stepsOf(node, x))
      : dynamic(e, node, [x, start]);
  },
  Tile: (e, node, inputs) => {
    const x = operand(inputs, 0);
    const reps = node.integers?.[0] ?? [];
    const wide = x.shape.flatMap((size, i) => [reps[i] ?? 1, size]);
    const places = x.shape.map((_, i) => 2 * i + 1);
    return e.reshape(e.along(x, places, wide), node.shape);
  },
  Transpose: (e, node, inputs) =>
    turned(e, operand(inputs, 0), list(node, 'perm') ?? [], node.shape),
} satisfies Partial<Record<Operator, Lowering>>;
