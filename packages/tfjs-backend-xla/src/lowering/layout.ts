import type { Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { axisOf, integer, list, operand, unknownForm } from './lowering';
import type { Emitter } from './emitter';
import { integers } from './emitter';
import type { Value } from './value';

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
