import type { Operator } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { axisOf, integer, unknownForm } from './lowering';
import type { Emitter, Region } from './emitter';
import { joining } from './emitter';
import { refuseOutside } from './indexing';
import type { Value } from './value';

const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);

/**
 * Updates at places [N, D] of the first D axes of `x`; the updates are [N, ...rest of x]. The CPU
 * takes them in order.
 */
function scatter(e: Emitter, x: Value, places: Value, updates: Value, join: Region): Value {
  const depth = places.shape.at(-1) as number;
  const windows = range(1, x.shape.length - depth);
  const numbers = [
    ...(windows.length === 0 ? [] : [`update_window_dims = [${windows.join(', ')}]`]),
    `inserted_window_dims = [${range(0, depth).join(', ')}]`,
    `scatter_dims_to_operand_dims = [${range(0, depth).join(', ')}]`,
    'index_vector_dim = 1',
  ];
  const attributes = [
    `scatter_dimension_numbers = #stablehlo.scatter<${numbers.join(', ')}>`,
    'indices_are_sorted = false',
    'unique_indices = false',
  ];
  return e.op('scatter', [x, places, updates], x.shape, x.dtype, attributes, join);
}

export const scattering = {
  /** Sums rows, or elements of a list, by index: the two forms that kernels record. */
  ScatterElements: (e, node, inputs) => {
    const [x, indices, updates] = inputs as readonly [Value, Value, Value];
    const axis = axisOf(integer(node, 'axis', 0), x.shape.length);
    if (node.attributes?.['reduction'] !== 'add') throw unknownForm(node, 'other than a sum');
    if (axis !== 0) throw unknownForm(node, 'along another axis than the first');
    const [source] = [node.inputs[1]];
    const count = indices.shape[0] as number;
    const isRow =
      x.shape.length === 1 ||
      indices.shape[1] === 1 ||
      (source?.op === 'Expand' && source.inputs[0]?.shape[1] === 1);
    if (!isRow || x.shape.length > 2) throw unknownForm(node, 'with another index in each column');
    refuseOutside(e, node, indices, [x.shape[0] as number]);
    const first =
      x.shape.length === 1
        ? e.reshape(indices, [count, 1])
        : e.op('slice', [indices], [count, 1], indices.dtype, [
            'start_indices = array<i64: 0, 0>',
            `limit_indices = array<i64: ${count}, 1>`,
            'strides = array<i64: 1, 1>',
          ]);
    return scatter(e, x, first, updates, joining('add', x.dtype));
  },
  /** Writes slices over `x`; the last of equal places wins. */
  ScatterND: (e, node, inputs) => {
    const [x, places, updates] = inputs as readonly [Value, Value, Value];
    if (places.shape.length !== 2) throw unknownForm(node, 'with places in several dimensions');
    refuseOutside(e, node, places, x.shape.slice(0, places.shape[1]));
    return scatter(e, x, places, updates, {
      takes: [x.dtype, x.dtype],
      body: (_, [, update]) => [update as Value],
    });
  },
} satisfies Partial<Record<Operator, Lowering>>;
