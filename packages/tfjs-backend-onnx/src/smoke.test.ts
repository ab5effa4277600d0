import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, it } from 'vitest';
import './register';

beforeAll(async () => {
  await tf.setBackend('onnx');
});

it('adds and differentiates', async () => {
  const x = tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
  const y = tf.relu(tf.add(tf.matMul(x, x), 1));
  expect([...(await y.data())]).toEqual([8, 11, 16, 23]);
  const g = tf.grad((v) => tf.sum(tf.square(tf.softmax(tf.matMul(v as tf.Tensor2D, x)))))(x);
  const got = g.dataSync();
  await tf.setBackend('cpu');
  const want = tf
    .grad((v) => tf.sum(tf.square(tf.softmax(tf.matMul(v as tf.Tensor2D, x)))))(x)
    .dataSync();
  got.forEach((v, i) => expect(v).toBeCloseTo(want[i] as number, 5));
});
