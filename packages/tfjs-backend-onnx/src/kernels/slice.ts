import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sameShape, sizeOf } from '../graph/types';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { alias } from './layout';

export function slice(
  backend: KernelContext,
  x: Node,
  begin: readonly number[],
  size: readonly number[],
): Node {
  if (sameShape(x.shape, size)) return x;
  const axes: number[] = [];
  size.forEach((length, axis) => {
    if (length !== x.shape[axis]) axes.push(axis);
  });
  const starts = axes.map((axis) => begin[axis] as number);
  const ends = axes.map((axis) => (begin[axis] as number) + (size[axis] as number));
  if (x.op !== '@leaf' || backend.isTracing || axes.join() !== '0') {
    return backend.op('Slice', [x], size, x.dtype, null, [starts, ends, axes]);
  }
  // For slices of a data set (a batch), bounds are constants of the graph that may vary: the next
  // step slices different rows.
  const bounds = [starts, ends, axes].map((values) =>
    backend.constant(Int32Array.from(values), [1], 'int32'),
  );
  return backend.op('Slice', [x, ...bounds], size, x.dtype);
}

function split(backend: KernelContext, x: Node, sizes: readonly number[], axis: number): Node[] {
  let at = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? at : 0));
    const size = x.shape.map((dim, i) => (i === axis ? length : dim));
    at += length;
    return slice(backend, x, begin, size);
  });
}

export const sliceKernels = {
  Slice: kernel<UnaryInput, { begin: number[]; size: number[] }>((b, { x }, attributes) => {
    const [begin, size] = slice_util.parseSliceParams(x, attributes.begin, attributes.size) as [
      number[],
      number[],
    ];
    slice_util.assertParamsValid(x, begin, size);
    return b.output(slice(b, b.node(x), begin, size));
  }),
  StridedSlice: kernel<
    UnaryInput,
    {
      begin: number[];
      end: number[];
      strides: number[];
      beginMask: number;
      endMask: number;
      ellipsisMask: number;
      newAxisMask: number;
      shrinkAxisMask: number;
    }
  >((b, { x }, a) => {
    const info = slice_util.sliceInfo(
      x.shape,
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    const { begin, end, strides, finalShape } = info;
    if (info.isIdentity) return alias(b, x, finalShape);
    const node = b.node(x);
    const axes = x.shape.map((_, i) => i);
    // ONNX counts negative bounds from the end, so "before the first element" is a large negative
    // number.
    const ends = end.map((bound, i) =>
      bound < 0 && (strides[i] as number) < 0 ? -(2 ** 31) : bound,
    );
    const lengths = x.shape.map((_, i) =>
      Math.max(0, Math.ceil(((end[i] as number) - (begin[i] as number)) / (strides[i] as number))),
    );
    util.assert(
      sizeOf(lengths) === sizeOf(finalShape),
      () => `stridedSlice: cannot slice [${x.shape.join()}] to [${finalShape.join()}].`,
    );
    const result = b.op('Slice', [node], lengths, node.dtype, null, [begin, ends, axes, strides]);
    return b.output(b.reshape(result, finalShape));
  }),
  Unpack: kernel<{ value: TensorInfo }, { axis: number }>((b, { value }, { axis }) => {
    const along = axis < 0 ? axis + value.shape.length : axis;
    const sizes = new Array<number>(value.shape[along] as number).fill(1);
    const shape = value.shape.filter((_, i) => i !== along);
    const node = b.node(value);
    return split(b, node, sizes, along).map((part) => b.output(b.reshape(part, shape)));
  }),
  SplitV: kernel<UnaryInput, { numOrSizeSplits: number[] | number; axis: number }>(
    (b, { x }, { numOrSizeSplits, axis }) => {
      const [along] = util.parseAxisParam(axis, x.shape) as [number];
      const sizes = backend_util.prepareSplitSize(x, numOrSizeSplits, along);
      return split(b, b.node(x), sizes, along).map((part) => b.output(part));
    },
  ),
  Reverse: kernel<UnaryInput, { dims: number | number[] }>((b, { x }, { dims }) => {
    const axes = util.parseAxisParam(dims, x.shape);
    const node = b.node(x);
    if (axes.length === 0) return alias(b, x, x.shape);
    const all = (value: number): number[] => axes.map(() => value);
    const bounds = [all(-1), all(-(2 ** 31)), axes, all(-1)];
    return b.output(b.op('Slice', [node], node.shape, node.dtype, null, bounds));
  }),
} satisfies Record<string, Kernel>;
