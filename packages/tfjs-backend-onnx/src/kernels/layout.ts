import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import { sameShape, sizeOf } from '../graph/types';
import { transpose } from './channels';
import { expand } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';

/** The same data under another shape: shared, as tfjs-core expects of Reshape and Identity. */
function alias(backend: OnnxBackend, x: TensorInfo, shape: number[]): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}

export function slice(
  backend: OnnxBackend,
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
  if (x.values === null || backend.isTracing || axes.join() !== '0') {
    return backend.op('Slice', [x], size, x.dtype, null, [starts, ends, axes]);
  }
  // Rows of data, say a batch: in the next step they will be others, of the same number.
  const bounds = [starts, ends, axes].map((values) =>
    backend.constant(Int32Array.from(values), [1], 'int32'),
  );
  return backend.op('Slice', [x, ...bounds], size, x.dtype);
}

export function concat(backend: OnnxBackend, parts: readonly Node[], axis: number): Node {
  const [first] = parts as readonly [Node];
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const filled = parts.filter((part) => sizeOf(part.shape) > 0);
  if (filled.length === 1) return filled[0] as Node;
  return backend.op('Concat', filled, shape, first.dtype, { axis });
}

export function pad(
  backend: OnnxBackend,
  x: Node,
  paddings: readonly (readonly [number, number])[],
  value: number,
): Node {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((dim, i) => dim + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  if (sizeOf(x.shape) === 0) return expand(backend, backend.scalar(value, x.dtype), shape);
  const bounds = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  const fill = value === 0 ? [] : [backend.scalar(value, x.dtype)];
  const inputs = [x, backend.integers(bounds), ...fill];
  return backend.op('Pad', inputs, shape, x.dtype, { mode: 'constant' });
}

function split(backend: OnnxBackend, x: Node, sizes: readonly number[], axis: number): Node[] {
  let at = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? at : 0));
    const size = x.shape.map((dim, i) => (i === axis ? length : dim));
    at += length;
    return slice(backend, x, begin, size);
  });
}

function tile(backend: OnnxBackend, x: Node, reps: readonly number[]): Node {
  const shape = x.shape.map((dim, i) => dim * (reps[i] ?? 1));
  if (reps.every((count, i) => count === 1 || x.shape[i] === 1)) return expand(backend, x, shape);
  return backend.op('Tile', [x], shape, x.dtype, null, [reps]);
}

export const layoutKernels = {
  Identity: kernel<UnaryInput>((b, { x }) => alias(b, x, x.shape)),
  Reshape: kernel<UnaryInput, { shape: number[] }>((b, { x }, { shape }) => {
    const size = util.sizeFromShape(x.shape);
    const result = util.inferFromImplicitShape(shape, size);
    util.assert(
      size === util.sizeFromShape(result),
      () =>
        `The new shape (${result.join()}) has ${util.sizeFromShape(result)} elements and the old ` +
        `shape (${x.shape.join()}) has ${size} elements. They must have the same number.`,
    );
    return alias(b, x, result);
  }),
  ExpandDims: kernel<{ input: TensorInfo }, { dim: number }>((b, { input }, { dim }) => {
    const rank = input.shape.length;
    util.assert(
      -(rank + 1) <= dim && dim <= rank,
      () => `Axis must be in the interval [${-(rank + 1)}, ${rank}], got ${dim}`,
    );
    const shape = [...input.shape];
    shape.splice(dim < 0 ? dim + rank + 1 : dim, 0, 1);
    return alias(b, input, shape);
  }),
  Transpose: kernel<UnaryInput, { perm: number[] }>((b, { x }, { perm }) =>
    b.output(transpose(b, b.node(x), perm)),
  ),
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
    // Below 0, ONNX counts from the back; "before the first element" is far below.
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
  Concat: kernel<readonly TensorInfo[], { axis: number }>((b, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const [first] = parts as [TensorInfo];
    const [along] = util.parseAxisParam(axis, first.shape) as [number];
    backend_util.assertParamsConsistent(
      parts.map((part) => part.shape),
      along,
    );
    if (parts.length === 1) return alias(b, first, first.shape);
    return b.output(
      concat(
        b,
        parts.map((part) => b.cast(b.node(part), b.node(first).dtype)),
        along,
      ),
    );
  }),
  Pack: kernel<readonly TensorInfo[], { axis: number }>((b, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const [first] = parts as [TensorInfo];
    for (const part of parts) {
      util.assertShapesMatch(
        first.shape,
        part.shape,
        'All tensors passed to stack must have matching shapes',
      );
      util.assert(
        first.dtype === part.dtype,
        () => 'All tensors passed to stack must have matching dtypes',
      );
    }
    const along = axis < 0 ? axis + first.shape.length + 1 : axis;
    const shape = [...first.shape];
    shape.splice(along, 0, 1);
    return b.output(
      concat(
        b,
        parts.map((part) => b.node({ ...part, shape })),
        along,
      ),
    );
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
  PadV2: kernel<UnaryInput, { paddings: [number, number][]; constantValue: number }>(
    (b, { x }, { paddings, constantValue }) => {
      const node = b.node(x);
      const result =
        node.dtype === 'bool'
          ? b.cast(pad(b, b.cast(node, 'int32'), paddings, constantValue), 'bool')
          : pad(b, node, paddings, constantValue);
      return b.output(result);
    },
  ),
  MirrorPad: kernel<UnaryInput, { paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>(
    (b, { x }, { paddings, mode }) => {
      let node = b.node(x);
      // Along each padded axis the result picks elements, the same for both modes but for the edge.
      paddings.forEach(([before, after], axis) => {
        if (before === 0 && after === 0) return;
        const length = node.shape[axis] as number;
        const edge = mode === 'reflect' ? 0 : 1;
        const picks = Int32Array.from({ length: before + length + after }, (_, i) => {
          const at = i - before;
          return at < 0 ? -at - edge : at < length ? at : 2 * length - 2 - at + edge;
        });
        const shape = node.shape.map((dim, i) => (i === axis ? picks.length : dim));
        const indices = b.constant(picks, [picks.length], 'int32');
        node = b.op('Gather', [node, indices], shape, node.dtype, { axis });
      });
      return b.output(node);
    },
  ),
  Tile: kernel<UnaryInput, { reps: number[] }>((b, { x }, { reps }) =>
    b.output(tile(b, b.node(x), reps)),
  ),
  BroadcastTo: kernel<UnaryInput, { shape: number[] }>((b, { x }, { shape }) =>
    b.output(expand(b, b.node(x), shape)),
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
