import * as tf from '@tensorflow/tfjs-core';
import type { Dice, Move } from './moves';
import { exactly, is, roughly } from './moves';

const axisOf = (x: tf.Tensor, dice: Dice): number => dice(Math.max(1, x.rank));

/** Each size in turn or none: 0 to all of them. */
function someOf(x: tf.Tensor, dice: Dice): { begin: number[]; size: number[] } {
  const begin = x.shape.map((length) => dice(length + 1));
  return { begin, size: x.shape.map((length, i) => dice(length - (begin[i] as number) + 1)) };
}

function permutation(rank: number, dice: Dice): number[] {
  const rest = Array.from({ length: rank }, (_, i) => i);
  return Array.from({ length: rank }, () => rest.splice(dice(rest.length), 1)[0] as number);
}

/** What moves elements and computes nothing. */
export const shapes: readonly Move[] = [
  (x) => exactly(tf.reshape(x.tensor, [x.tensor.size]), x),
  (x, _, __, dice) => {
    const shape = [...x.tensor.shape];
    if (shape.length < 4) shape.splice(dice(shape.length + 1), 0, 1);
    return exactly(tf.reshape(x.tensor, shape), x);
  },
  (x) => exactly(tf.squeeze(x.tensor), x),
  (x, _, __, dice) => exactly(tf.transpose(x.tensor, permutation(x.tensor.rank, dice)), x),
  (x, _, __, dice) => {
    if (x.tensor.rank === 0) return null;
    const { begin, size } = someOf(x.tensor, dice);
    return exactly(tf.slice(x.tensor, begin, size), x);
  },
  (x, _, __, dice) => {
    if (x.tensor.rank === 0) return null;
    const steps = x.tensor.shape.map(() => [1, 2, -1][dice(3)] as number);
    const begin = steps.map((step) => (step < 0 ? -1 : 0));
    const end = x.tensor.shape.map((length, i) =>
      (steps[i] as number) < 0 ? -length - 1 : length,
    );
    return exactly(tf.stridedSlice(x.tensor, begin, end, steps), x);
  },
  (a, b, _, dice) => {
    const [x, y] = [a.tensor, b.tensor];
    if (x.dtype !== y.dtype || x.rank !== y.rank || x.rank === 0) return null;
    const axis = axisOf(x, dice);
    if (x.shape.some((length, i) => i !== axis && length !== y.shape[i])) return null;
    return exactly(tf.concat([x, y, x], axis), a, b);
  },
  (x, _, __, dice) =>
    x.tensor.rank === 4 ? null : exactly(tf.stack([x.tensor, x.tensor], axisOf(x.tensor, dice)), x),
  (x, _, __, dice) => {
    const axis = axisOf(x.tensor, dice);
    if (x.tensor.rank === 0 || x.tensor.shape[axis] === 0) return null;
    return exactly(tf.unstack(x.tensor, axis).at(-1) as tf.Tensor, x);
  },
  (x, _, __, dice) => {
    if (x.tensor.rank === 0) return null;
    const around = x.tensor.shape.map((): [number, number] => [dice(2), dice(2)]);
    return exactly(tf.pad(x.tensor, around, dice(2)), x);
  },
  (x, _, __, dice) =>
    x.tensor.rank === 0
      ? null
      : exactly(
          tf.tile(
            x.tensor,
            x.tensor.shape.map(() => dice(3)),
          ),
          x,
        ),
  (x, _, __, dice) =>
    x.tensor.rank === 0 ? null : exactly(tf.reverse(x.tensor, axisOf(x.tensor, dice)), x),
  (x, _, __, dice) => {
    const shape = [dice(3), ...x.tensor.shape.map((n) => (n === 1 ? dice(3) : n))];
    return shape.length > 4 ? null : exactly(tf.broadcastTo(x.tensor, shape), x);
  },
  (x, _, __, dice) => {
    const axis = axisOf(x.tensor, dice);
    const length = x.tensor.shape[axis] ?? 0;
    if (length === 0) return null;
    const picks = Array.from({ length: dice(4) }, () => dice(length));
    return exactly(tf.gather(x.tensor, tf.tensor1d(picks, 'int32'), axis), x);
  },
  // Indices that are computed: known only when the graph is run.
  (x, i, _, dice) => {
    const axis = axisOf(x.tensor, dice);
    const length = x.tensor.shape[axis] ?? 0;
    if (length === 0 || !is(i, 'int32') || x.tensor.rank + i.tensor.rank > 5) return null;
    const within = tf.mod(i.tensor, tf.scalar(length, 'int32'));
    return exactly(tf.gather(x.tensor, within, axis), x);
  },
  (i, _, __, dice) =>
    !is(i, 'int32') || i.tensor.rank > 3 ? null : exactly(tf.oneHot(i.tensor, dice(4)), i),
  (x, _, __, dice) => {
    const length = x.tensor.shape.at(-1) ?? 0;
    if (x.tensor.rank === 0 || is(x, 'bool') || !x.exact) return null;
    // A NaN has no place in an order; equal infinities have none on tfjs's cpu backend.
    const ordered = is(x, 'int32')
      ? x.tensor
      : tf.where(tf.isFinite(x.tensor), x.tensor, tf.zerosLike(x.tensor));
    const { values, indices } = tf.topk(ordered, dice(length + 1));
    return exactly(dice(2) === 0 ? values : indices, x);
  },
  (x, i, _, dice) => {
    const [rows] = x.tensor.shape;
    if (!is(x, 'float32') || !is(i, 'int32') || i.tensor.rank !== 1) return null;
    if (i.tensor.size !== rows) return null;
    // tfjs's cpu backend multiplies by 0 what is not in a segment, and NaN stays NaN there.
    const numbers = tf.where(tf.isFinite(x.tensor), x.tensor, tf.zerosLike(x.tensor));
    return roughly(tf.unsortedSegmentSum(numbers, i.tensor as tf.Tensor1D, 1 + dice(3)));
  },
];
