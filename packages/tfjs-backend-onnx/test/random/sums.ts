import * as tf from '@tensorflow/tfjs-core';
import type { Dice, Move } from './moves';
import { exactly, is, roughly } from './moves';

type Reduction = (x: tf.Tensor, axis?: number[], keepDims?: boolean) => tf.Tensor;
const ops = tf as unknown as Record<string, Reduction>;

const axesOf = (x: tf.Tensor, dice: Dice): number[] =>
  x.shape.flatMap((_, axis) => (dice(2) === 0 ? [axis] : []));

const reduction =
  (names: readonly string[], exact: boolean, allowed: (dtype: string) => boolean): Move =>
  (x, _, __, dice) => {
    if (!allowed(x.tensor.dtype)) return null;
    const name = names[dice(names.length)] as string;
    const y = (ops[name] as Reduction)(x.tensor, axesOf(x.tensor, dice), dice(2) === 0);
    return exact ? exactly(y, x) : roughly(y);
  };

/** What goes over several elements. */
export const sums: readonly Move[] = [
  reduction(['sum', 'mean', 'prod', 'logSumExp'], false, (dtype) => dtype === 'float32'),
  reduction(['sum'], true, (dtype) => dtype === 'int32'),
  reduction(['max', 'min'], true, (dtype) => dtype !== 'bool'),
  (x, _, __, dice) => {
    const axes = axesOf(x.tensor, dice);
    // Of nothing, `all` is true here and in TensorFlow, and false on tfjs's cpu backend.
    if (!is(x, 'bool') || axes.some((axis) => x.tensor.shape[axis] === 0)) return null;
    if (x.tensor.size === 0) return null;
    return exactly(dice(2) === 0 ? tf.all(x.tensor, axes) : tf.any(x.tensor, axes), x);
  },
  (x, _, __, dice) => {
    if (x.tensor.rank === 0 || x.tensor.size === 0 || !x.exact || is(x, 'bool')) return null;
    const axis = dice(x.tensor.rank);
    return exactly(dice(2) === 0 ? tf.argMax(x.tensor, axis) : tf.argMin(x.tensor, axis), x);
  },
  (x, _, __, dice) => {
    if (x.tensor.rank === 0 || is(x, 'bool')) return null;
    const y = tf.cumsum(x.tensor, dice(x.tensor.rank), dice(2) === 0, dice(2) === 0);
    return is(x, 'int32') ? exactly(y, x) : roughly(y);
  },
  (x) => (x.tensor.rank === 0 || !is(x, 'float32') ? null : roughly(tf.softmax(x.tensor))),
  (a, b, _, dice) => {
    const [x, y] = [a.tensor, b.tensor];
    if (!is(a, 'float32') || !is(b, 'float32') || x.rank !== 2 || y.rank !== 2) return null;
    const [turnA, turnB] = [dice(2) === 1, dice(2) === 1];
    if (x.shape[turnA ? 0 : 1] !== y.shape[turnB ? 1 : 0]) return null;
    return roughly(tf.matMul(x, y, turnA, turnB));
  },
  (a) => {
    const { rank } = a.tensor;
    if (!is(a, 'float32') || rank < 2) return null;
    return roughly(tf.matMul(a.tensor, a.tensor, true, false));
  },
  (a, _, __, dice) => {
    const { rank, shape } = a.tensor;
    if (!is(a, 'float32') || rank !== 4) return null;
    const channels = shape[3] as number;
    const filter = tf.fill([1 + dice(2), 1 + dice(2), channels, dice(3)], 0.5);
    return roughly(tf.conv2d(a.tensor as tf.Tensor4D, filter as tf.Tensor4D, 1 + dice(2), 'same'));
  },
  (a, _, __, dice) => {
    if (!is(a, 'float32') || a.tensor.rank !== 4 || a.tensor.size === 0) return null;
    const [size, x] = [1 + dice(3), a.tensor as tf.Tensor4D];
    if (dice(2) === 0) {
      // Which maximum a window with a NaN has is nowhere laid down.
      const numbers = tf.where(tf.isNaN(x), tf.zerosLike(x), x);
      return exactly(tf.maxPool(numbers, size, 1 + dice(2), 'same'), a);
    }
    return roughly(tf.avgPool(x, size, 1 + dice(2), 'same'));
  },
];
