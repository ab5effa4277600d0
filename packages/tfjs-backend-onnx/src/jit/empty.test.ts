import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import '../register';
import { jit } from './jit';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

/** Calls it three times: traced, traced again to be confirmed, and from the graph alone. */
function calls<Result>(times: (run: number) => Result): Result[] {
  return [0, 1, 2].map(times);
}

it('returns tensors without elements, of their shape and type', () => {
  const rows = jit((x: tf.Tensor) => ({
    none: tf.slice(x, [0, 0], [0, 3]),
    whole: tf.cast(tf.slice(x, [0, 0], [2, 0]), 'int32'),
    some: tf.add(x, 1),
  }));
  for (const { none, whole, some } of calls(() => rows(tf.ones([2, 3])))) {
    expect([none.shape, none.dtype, none.dataSync()]).toEqual([
      [0, 3],
      'float32',
      new Float32Array(0),
    ]);
    expect([whole.shape, whole.dtype, whole.dataSync()]).toEqual([
      [2, 0],
      'int32',
      new Int32Array(0),
    ]);
    expect(some.dataSync()).toEqual(new Float32Array(6).fill(2));
    tf.dispose([none, whole, some]);
  }
  rows.dispose();
});

it('returns nothing but such, or nothing at all', () => {
  const none = jit((x: tf.Tensor) => tf.slice(x, [0], [0]));
  for (const y of calls(() => none(tf.tensor1d([1, 2])))) expect(y.shape).toEqual([0]);
  const nothing = jit((x: tf.Tensor) => [x.size]);
  expect(calls(() => nothing(tf.tensor1d([1, 2])))).toEqual([[2], [2], [2]]);
});

it('takes a batch of none', () => {
  const layer = jit((x: tf.Tensor2D, w: tf.Tensor2D) => {
    const y = tf.relu(tf.matMul(x, w));
    return { y, total: tf.sum(y), rows: tf.sum(y, 0), best: tf.argMax(y, 1) };
  });
  const w = tf.ones<tf.Rank.R2>([3, 2]);
  for (const { y, total, rows, best } of calls(() => layer(tf.zeros([0, 3]), w))) {
    expect(y.shape).toEqual([0, 2]);
    expect([...total.dataSync()]).toEqual([0]);
    expect([...rows.dataSync()]).toEqual([0, 0]);
    expect([best.shape, best.dtype]).toEqual([[0], 'int32']);
  }
  const [loss, gradient] = tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads((a: tf.Tensor) =>
      tf.sum(tf.matMul(tf.zeros<tf.Rank.R2>([0, 3]), a as tf.Tensor2D)),
    )([w]);
    return [value, grads[0] as tf.Tensor];
  });
  expect([...loss.dataSync(), ...gradient.dataSync()]).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

it('assigns variables without elements', () => {
  const v = tf.variable(tf.zeros([0, 2]));
  const grow = jit((x: tf.Tensor) => {
    v.assign(tf.slice(x, [0, 0], [0, 2]));
    return tf.sum(v);
  });
  for (const total of calls(() => grow(tf.ones([3, 2]))))
    expect([...total.dataSync()]).toEqual([0]);
  expect(v.shape).toEqual([0, 2]);
  v.dispose();
});

it('counts empty tensors among what a function returns each time', () => {
  const sizes = [1, 2];
  const other = jit((x: tf.Tensor) => tf.slice(x, [0, 0], [0, sizes.shift() ?? 0]));
  other(tf.ones([2, 3]));
  expect(() => other(tf.ones([2, 3]))).toThrow(/returns a different structure/);
});
