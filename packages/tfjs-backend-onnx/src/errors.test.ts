import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { OnnxBackendError } from './errors';
import './register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

describe('failures', () => {
  it('names the operator, leaves other tensors readable and the backend alive', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const fine = tf.mul(x, 2);
    // Computed indices: those that are known are checked at once.
    const bad = tf.tidy(() => tf.gather(x, tf.abs(tf.tensor1d([0, 9], 'int32'))));
    let caught: unknown;
    try {
      bad.dataSync();
    } catch (error) {
      caught = error;
    }
    expect(OnnxBackendError.is(caught)).toBe(true);
    expect((caught as OnnxBackendError).code).toBe('runtime');
    expect((caught as OnnxBackendError).op).toBe('Gather');
    expect([...fine.dataSync()]).toEqual([2, 4, 6, 8]);
    bad.dispose();
    const more = tf.add(fine, 1);
    expect([...more.dataSync()]).toEqual([3, 5, 7, 9]);
    tf.dispose([x, fine, more]);
  });

  it('reports memory that cannot be had', () => {
    // 2^46 elements: no machine has them, so nothing is really allocated.
    const x = tf.ones<tf.Rank.R2>([1 << 23, 1]);
    const huge = tf.tidy(() => tf.sum(tf.exp(tf.matMul(x, x, false, true))));
    let caught: unknown;
    try {
      huge.dataSync();
    } catch (error) {
      caught = error;
    }
    expect(OnnxBackendError.is(caught)).toBe(true);
    expect((caught as OnnxBackendError).code).toBe('out-of-memory');
    tf.dispose([x, huge]);
  });
});
