import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import './register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

it('runs rare kernels on the cpu backend, complex numbers included', () => {
  const x = tf.tensor1d([1, 2, 3, 4]);
  const spectrum = tf.tidy(() => tf.abs(tf.spectral.rfft(x)));
  expect([...spectrum.dataSync()][0]).toBeCloseTo(10, 4);
  const unique = tf.unique(tf.tensor1d([3, 1, 3]));
  expect([...unique.values.dataSync()]).toEqual([3, 1]);
  tf.dispose([x, spectrum, unique]);
});
