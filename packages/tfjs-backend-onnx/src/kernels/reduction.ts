import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import type { ElementType } from '../graph/types';
import { sizeOf } from '../graph/types';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { select } from './elementwise';

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

/** Reduces over `axes`; over no elements at all the result is `empty`. */
export function reduce(
  backend: OnnxBackend,
  op: string,
  x: Node,
  axes: readonly number[],
  keepDims: boolean,
  empty: number,
): Node {
  const shape = reducedShape(x.shape, axes, keepDims);
  if (axes.length === 0) return x;
  if (sizeOf(x.shape) === 0) {
    return backend.op('Expand', [backend.scalar(empty, x.dtype)], shape, x.dtype, null, [shape]);
  }
  return backend.op(op, [x], shape, x.dtype, { keepdims: keepDims ? 1 : 0 }, [axes]);
}

const reduction = (
  op: string,
  typeOf: (dtype: ElementType) => ElementType,
  empty: number,
  through: (dtype: ElementType) => ElementType = typeOf,
): Kernel =>
  kernel<UnaryInput, ReductionAttributes>((backend, { x }, attributes) => {
    const axes = util.parseAxisParam(attributes.axis ?? attributes.reductionIndices ?? [], x.shape);
    const all = attributes.axis === undefined && attributes.reductionIndices === undefined;
    const over = all || attributes.axis === null ? x.shape.map((_, i) => i) : axes;
    const node = backend.node(x);
    const result = typeOf(node.dtype);
    const wide = backend.cast(node, through(node.dtype));
    const reduced = reduce(backend, op, wide, over, attributes.keepDims ?? false, empty);
    return backend.output(backend.cast(reduced, result));
  });

const same = (dtype: ElementType): ElementType => dtype;
const number = (dtype: ElementType): ElementType => (dtype === 'bool' ? 'int32' : dtype);

const argReduction = (op: string, worst: number): Kernel =>
  kernel<UnaryInput, { axis: number }>((backend, { x }, { axis }) => {
    const [over] = util.parseAxisParam(axis, x.shape);
    const shape = reducedShape(x.shape, [over as number], false);
    let node = backend.cast(backend.node(x), number(backend.node(x).dtype));
    if (node.dtype === 'float32') {
      // tfjs never prefers a NaN, except by default in the first place, which is the same here.
      const nan = backend.op('IsNaN', [node], node.shape, 'bool');
      node = select(backend, nan, backend.scalar(worst), node);
    }
    const attributes = { axis: over as number, keepdims: 0 };
    return backend.output(
      backend.cast(backend.op(op, [node], shape, 'int64', attributes), 'int32'),
    );
  });

export const reductionKernels = {
  Sum: reduction('ReduceSum', number, 0),
  Mean: reduction('ReduceMean', () => 'float32', Number.NaN),
  Max: reduction('ReduceMax', same, -Infinity, number),
  Min: reduction('ReduceMin', same, Infinity, number),
  Prod: reduction('ReduceProd', number, 1),
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
