import type { Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import type { Emitter } from './emitter';
import { integers } from './emitter';
import { padded } from './layout';
import type { Lowering } from './lowering';
import { axisOf, unknownForm } from './lowering';
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

/** Of each axis as many elements as the shape has: the first of them, and how far they are apart. */
interface Cut {
  readonly first: readonly number[];
  readonly strides: readonly number[];
  readonly shape: readonly number[];
}

function cut(e: Emitter, x: Value, { first, strides, shape }: Cut): Value {
  const limits = first.map(
    (start, axis) => start + (strides[axis] as number) * ((shape[axis] as number) - 1) + 1,
  );
  return e.op('slice', [x], shape, x.dtype, [
    `start_indices = ${integers(first)}`,
    `limit_indices = ${integers(limits)}`,
    `strides = ${integers(strides)}`,
  ]);
}

/**
 * The same without strides: each axis is cut to whole groups of as many elements as its stride, and
 * one is taken of each group.
 *
 * The pass of XLA that joins to a product's kernel what comes before it (GemmFusion; in
 * jax-cuda13-pjrt 0.11.2, for JAX's own `x[:, ::2][::2] @ w` too) takes a slice of every second of 5
 * elements for one of an axis of 3. Where another slice, a transpose or a broadcast comes before it, a
 * check of the pass fails, and XLA ends the process.
 */
function cutByGroups(e: Emitter, x: Value, { first, strides, shape }: Cut): Value {
  const ones = shape.map(() => 1);
  const lengths = shape.map((size, axis) => size * (strides[axis] as number));
  const beyond = (starts: readonly number[]): number[] =>
    starts.map((start, axis) =>
      Math.max(0, start + (lengths[axis] as number) - (x.shape[axis] as number)),
    );
  // Groups begin so early that the last ends within its axis, or at its front.
  const places = beyond(first).map((count, axis) => Math.min(count, first[axis] as number));
  const starts = first.map((start, axis) => start - (places[axis] as number));
  const missing = beyond(starts);
  const none = shape.map(() => 0);
  const isWhole = missing.every((count) => count === 0);
  const long = isWhole ? x : padded(e, x, none, missing, e.fill(0, [], x.dtype));
  const whole = cut(e, long, { first: starts, strides: ones, shape: lengths });
  /** By axis its groups, and if it has any, its elements of one. */
  const both = (groups: readonly number[], elements: readonly number[]): number[] =>
    groups.flatMap((count, axis) =>
      strides[axis] === 1 ? [count] : [count, elements[axis] as number],
    );
  const grouped = e.reshape(whole, both(shape, strides));
  const taken = cut(e, grouped, {
    first: both(none, places),
    strides: both(ones, ones),
    shape: both(shape, ones),
  });
  return e.reshape(taken, shape);
}

function strided(e: Emitter, x: Value, { shape }: Node, { starts, steps }: Steps): Value {
  const first = starts.map((start, axis) => {
    const step = steps[axis] as number;
    return step < 0 ? start + step * ((shape[axis] as number) - 1) : start;
  });
  const strides = steps.map((step, axis) => ((shape[axis] as number) > 1 ? Math.abs(step) : 1));
  const isDense = strides.every((stride) => stride === 1);
  const taken = (isDense || e.hasStrides ? cut : cutByGroups)(e, x, { first, strides, shape });
  const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  if (backwards.length === 0) return taken;
  return e.op('reverse', [taken], shape, x.dtype, [`dimensions = ${integers(backwards)}`]);
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

export const slices = {
  Slice: (e, node, inputs) => {
    const [x, start] = inputs as readonly [Value, Value | undefined];
    return start === undefined
      ? strided(e, x, node, stepsOf(node, x))
      : dynamic(e, node, [x, start]);
  },
} satisfies Partial<Record<Operator, Lowering>>;
