import type { Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { axisOf, integer, operand } from './lowering';
import type { Emitter } from './emitter';
import { integers } from './emitter';
import type { Value } from './value';
import { isFloat } from './value';

const field = (name: string, list: readonly number[]): string[] =>
  list.length === 0 ? [] : [`${name} = [${list.join(', ')}]`];

/**
 * Refuses a run with an index that is outside: XLA would take the nearest element, or leave it out.
 * @param indices [..., D] or of any shape if there is one size.
 * @param sizes one for each of D coordinates.
 */
export function refuseOutside(
  e: Emitter,
  { op }: Node,
  indices: Value,
  sizes: readonly number[],
): void {
  const [first] = sizes as [number];
  if (sizes.length === 1 && indices.values?.every((at) => 0 <= at && at < first) === true) return;
  const { shape, dtype } = indices;
  const last = shape.length - 1;
  const bound =
    sizes.length === 1
      ? e.fill(first, shape, dtype)
      : e.along(
          e.convert(e.dense(Int32Array.from(sizes), [sizes.length], 'int32'), dtype),
          [last],
          shape,
        );
  const low = e.compare('LT', indices, e.fill(0, shape, dtype));
  const wrong = e.like('or', low, e.compare('GE', indices, bound));
  e.refuse(wrong, `${op}: an index is outside of [${sizes.join()}]`);
}

/** Slices of `x` at places: one coordinate of each place for each of `axes`. */
export function gather(
  e: Emitter,
  x: Value,
  places: Value,
  axes: readonly number[],
  vector: number,
  offsets: readonly number[],
  shape: readonly number[],
): Value {
  const sizes = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const numbers = [
    ...field('offset_dims', offsets),
    ...field('collapsed_slice_dims', axes),
    ...field('start_index_map', axes),
    `index_vector_dim = ${vector}`,
  ];
  return e.op('gather', [x, places], shape, x.dtype, [
    `dimension_numbers = #stablehlo.gather<${numbers.join(', ')}>`,
    `slice_sizes = ${integers(sizes)}`,
    'indices_are_sorted = false',
  ]);
}

const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);

/** Equal numbers sort by their places: −0 is no less than 0. */
function sortable(e: Emitter, x: Value): Value {
  if (!isFloat(x.dtype)) return x;
  const zero = e.fill(0, x.shape, x.dtype);
  return e.select(e.compare('EQ', x, zero), zero, x);
}

export const indexing = {
  Gather: (e, node, inputs) => {
    const [x, indices] = inputs as readonly [Value, Value];
    const axis = axisOf(integer(node, 'axis', 0), x.shape.length);
    refuseOutside(e, node, indices, [x.shape[axis] as number]);
    const rank = indices.shape.length;
    const offsets = [...range(0, axis), ...range(axis + rank, x.shape.length - axis - 1)];
    return gather(e, x, indices, [axis], rank, offsets, node.shape);
  },
  GatherND: (e, node, inputs) => {
    const [x, indices] = inputs as readonly [Value, Value];
    const depth = indices.shape.at(-1) as number;
    const sizes = x.shape.slice(0, depth);
    refuseOutside(e, node, indices, sizes);
    const rank = indices.shape.length - 1;
    const offsets = range(rank, x.shape.length - depth);
    return gather(e, x, indices, range(0, depth), rank, offsets, node.shape);
  },
  /** The largest k along the last axis, larger first, and where they are. */
  TopK: (e, node, inputs) => {
    const given = operand(inputs, 0);
    const x = sortable(e, given.dtype === 'bool' ? e.convert(given, 'int32') : given);
    const axis = x.shape.length - 1;
    const order = isFloat(x.dtype) ? 'TOTALORDER' : 'SIGNED';
    const types = [x, { shape: x.shape, dtype: 'int32' as const }];
    const attributes = [`dimension = ${axis} : i64`, 'is_stable = true'];
    const sorted = e.results('sort', [x, e.iota(x.shape, axis, 'int32')], types, attributes, {
      takes: [x.dtype, x.dtype, 'int32', 'int32'],
      body: (inner, [a, b]) => [
        inner.op('compare', [a as Value, b as Value], [], 'bool', [
          'comparison_direction = #stablehlo<comparison_direction GT>',
          `compare_type = #stablehlo<comparison_type ${order}>`,
        ]),
      ],
    });
    const [values, places] = sorted.map((all) =>
      e.op('slice', [all], node.shape, all.dtype, [
        `start_indices = ${integers(x.shape.map(() => 0))}`,
        `limit_indices = ${integers(node.shape)}`,
        `strides = ${integers(x.shape.map(() => 1))}`,
      ]),
    ) as [Value, Value];
    return [e.convert(values, given.dtype), e.convert(places, 'int64')];
  },
} satisfies Partial<Record<Operator, Lowering>>;
