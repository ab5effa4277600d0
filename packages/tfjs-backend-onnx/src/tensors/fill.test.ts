import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import '../register';
import { fillOf } from './fill';

it('knows arrays whose elements are all the same number, to the bit', () => {
  expect(fillOf(Float32Array.of(2.5, 2.5, 2.5))).toBe(2.5);
  expect(fillOf(Float32Array.of(2.5, 2.5, 2))).toBeNull();
  expect(fillOf(Int32Array.of(7, 7))).toBe(7);
  expect(fillOf(Float32Array.of(NaN, NaN))).toBeNaN();
  expect(fillOf(Float32Array.of(0, -0))).toBeNull();
  expect(fillOf(Float32Array.of(-0, -0))).toBe(-0);
});

it('tells tensors filled with 0 and with −0 apart', async () => {
  await tf.setBackend('onnx');
  const inverse = (zero: number): number =>
    tf.tidy(() => tf.div(1, tf.fill([300], zero))).dataSync()[0] as number;
  expect([0, -0, 0].map(inverse)).toEqual([Infinity, -Infinity, Infinity]);
  const half = Float32Array.from({ length: 300 }, (_, i) => (i < 150 ? 0 : -0));
  const mixed = tf.tidy(() => tf.div(1, tf.tensor1d(half)));
  expect([mixed.dataSync()[0], mixed.dataSync()[299]]).toEqual([Infinity, -Infinity]);
  mixed.dispose();
});
