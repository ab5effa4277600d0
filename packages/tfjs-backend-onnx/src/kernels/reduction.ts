import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import type { Operator } from '../graph/operators';
import type { ElementType } from '../graph/types';
import { sizeOf } from '../graph/types';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { below, channelsLast, reducedBelow, sinking } from './channels';
import { castLikeJs, filled, select } from './elementwise';

interface ReductionAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

export function reducedShape(
  shape: readonly number[],
  axes: readonly number[],
  keepDims: boolean,
): number[] {
  return keepDims
    ? shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
    : shape.filter((_, i) => !axes.includes(i));
}

/** Reduces over `axes`; the result is `empty` if there are no elements. */
export function reduce(
  backend: KernelContext,
  op: Operator,
  x: Node,
  axes: readonly number[],
  keepDims: boolean,
  empty: number,
): Node {
  const shape = reducedShape(x.shape, axes, keepDims);
  if (axes.length === 0) return x;
  const inner = below(x);
  const innerAxes = inner === null ? null : reducedBelow(axes, keepDims);
  if (inner !== null && innerAxes !== null) {
    const reduced = reduce(backend, op, inner, innerAxes, keepDims, empty);
    return keepDims ? channelsLast(backend, reduced) : reduced;
  }
  if (sizeOf(x.shape) === 0) {
    return filled(backend, empty, shape, x.dtype);
  }
  const attributes = { keepdims: keepDims ? 1 : 0 };
  if (op !== 'ReduceSum' || x.dtype !== 'int32') {
    return backend.op(op, [x], shape, x.dtype, attributes, [axes]);
  }
  // ONNX Runtime's sum of int32 saturates instead of wrapping around.
  const wide = backend.op(op, [backend.cast(x, 'int64')], shape, 'int64', attributes, [axes]);
  return backend.cast(wide, 'int32');
}

/** As `reduce`, but any NaN gives NaN; ONNX's maximum and minimum ignore NaN. */
const extreme: typeof reduce = (backend, op, x, axes, keepDims, empty) => {
  const reduced = reduce(backend, op, x, axes, keepDims, empty);
  if (x.dtype !== 'float32' || axes.length === 0 || sizeOf(x.shape) === 0) return reduced;
  const flags = sinking(backend, [x], (node) =>
    backend.cast(backend.op('IsNaN', [node], node.shape, 'bool'), 'int32'),
  );
  const found = backend.cast(reduce(backend, 'ReduceMax', flags, axes, keepDims, 0), 'bool');
  return sinking(backend, [found, reduced], (nan, value) =>
    select(backend, nan, backend.scalar(Number.NaN), value),
  );
};

const reduction = (
  op: Operator,
  typeOf: (dtype: ElementType) => ElementType,
  empty: number,
  through: (dtype: ElementType) => ElementType = typeOf,
  run = reduce,
): Kernel =>
  kernel<UnaryInput, ReductionAttributes>((backend, { x }, attributes) => {
    const axis = attributes.axis ?? attributes.reductionIndices ?? null;
    const over = axis === null ? x.shape.map((_, i) => i) : util.parseAxisParam(axis, x.shape);
    const node = backend.node(x);
    const result = typeOf(node.dtype);
    const wide = backend.cast(node, through(node.dtype));
    const keepDims = attributes.keepDims ?? false;
    const reduced = run(backend, op, wide, over, keepDims, empty);
    return backend.output(castLikeJs(backend, reduced, result));
  });

const same = (dtype: ElementType): ElementType => dtype;
const number = (dtype: ElementType): ElementType => (dtype === 'bool' ? 'int32' : dtype);
/** ONNX Runtime's product of int32 saturates, so integers are multiplied in float64. */
const exactProduct = (dtype: ElementType): ElementType => (dtype === 'float32' ? dtype : 'float64');

const argReduction = (op: Operator, worst: number): Kernel =>
  kernel<UnaryInput, { axis: number }>((backend, { x }, { axis }) => {
    const [over] = util.parseAxisParam(axis, x.shape);
    const shape = reducedShape(x.shape, [over as number], false);
    util.assert(
      x.shape[over as number] !== 0 || sizeOf(shape) === 0,
      () => `${op}: axis ${over as number} of [${x.shape.join()}] has no elements to choose from.`,
    );
    const node = backend.cast(backend.node(x), number(backend.node(x).dtype));
    const attributes = { axis: over as number, keepdims: 0 };
    const find = (values: Node): Node =>
      backend.cast(backend.op(op, [values], shape, 'int64', attributes), 'int32');
    if (node.dtype !== 'float32') return backend.output(find(node));
    // NaN is chosen only if it comes first, since no comparison with it is true.
    const nan = backend.op('IsNaN', [node], node.shape, 'bool');
    const best = find(select(backend, nan, backend.scalar(worst), node));
    const bounds = [[0], [1], [over as number]];
    const firstShape = node.shape.map((dim, i) => (i === over ? 1 : dim));
    const first = backend.op('Slice', [nan], firstShape, 'bool', null, bounds);
    const stuck = backend.reshape(first, shape);
    return backend.output(select(backend, stuck, backend.scalar(0, 'int32'), best));
  });

export const reductionKernels = {
  Sum: reduction('ReduceSum', number, 0),
  Mean: reduction('ReduceMean', () => 'float32', 0),
  Max: reduction('ReduceMax', same, Number.NaN, number, extreme),
  Min: reduction('ReduceMin', same, Number.NaN, number, extreme),
  Prod: reduction('ReduceProd', number, 1, exactProduct),
  All: reduction('ReduceMin', same, 1, number),
  Any: reduction('ReduceMax', same, 0, number),
  ArgMax: argReduction('ArgMax', -Infinity),
  ArgMin: argReduction('ArgMin', Infinity),
  Softmax: kernel<{ logits: TensorInfo }, { dim: number }>((b, { logits }, { dim }) => {
    const x = b.cast(b.node(logits), 'float32');
    return b.output(b.op('Softmax', [x], x.shape, 'float32', { axis: dim }));
  }),
  LogSoftmax: kernel<{ logits: TensorInfo }, { axis: number }>((b, { logits }, { axis }) => {
    const x = b.cast(b.node(logits), 'float32');
    return b.output(b.op('LogSoftmax', [x], x.shape, 'float32', { axis }));
  }),
  Cumsum: kernel<UnaryInput, { axis: number; exclusive: boolean; reverse: boolean }>(
    (b, { x }, { axis, exclusive, reverse }) => {
      const node = b.node(x);
      const wide = b.cast(node, number(node.dtype));
      const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
      return b.output(b.op('CumSum', [wide], node.shape, wide.dtype, attributes, [[axis]]));
    },
  ),
} satisfies Record<string, Kernel>;
