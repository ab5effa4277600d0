import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { backend, train, withBackend } from '../../test/train';
import '../register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

/** How many programs a run compiles on a backend that has compiled none. */
async function compilesOf(run: () => Promise<void>): Promise<number> {
  let compiles = NaN;
  await withBackend({}, async () => {
    await run();
    ({ compiles } = backend().statistics);
  });
  return compiles;
}

describe('constants', () => {
  it('recompiles once when a number begins to vary, and never again', async () => {
    const compiles = await compilesOf(async () => {
      await train(12, (step) => 0.1 / (step + 1), 9);
    });
    expect(compiles).toBe(2);
  });

  it('gives the right value each time', () => {
    const x = tf.tensor1d([1, 2]);
    for (const factor of [2, 2, 3, -1, 0, 7, NaN, 5]) {
      const y = tf.tidy(() => tf.add(tf.mul(x, factor), tf.tensor1d([factor, 1])));
      const want = Float32Array.of(factor + factor, 2 * factor + 1);
      expect(y.dataSync()).toEqual(want);
      y.dispose();
    }
    x.dispose();
  });

  it('takes other rows of the same data without compiling again and again', async () => {
    const compiles = await compilesOf(async () => {
      const data = tf.reshape(tf.range(0, 96), [12, 8]);
      await data.data();
      for (const batch of [0, 1, 2, 3, 2]) {
        const sums = tf.tidy(() => tf.sum(tf.mul(tf.slice(data, [batch * 3, 0], [3, 8]), 2), 1));
        const first = batch * 24;
        const want = [0, 8, 16].map((row) => 2 * (8 * (first + row) + 28));
        expect([...(await sums.data())]).toEqual(want);
        sums.dispose();
      }
      data.dispose();
    });
    expect(compiles).toBe(2);
  });

  it('does not mistake a state that starts as zeros for a constant', async () => {
    const compiles = await compilesOf(async () => {
      let state = tf.zeros([300, 3]);
      const gradient = tf.randomNormal([300, 3], 0, 1, 'float32', 5);
      tf.dispose(tf.tidy(() => tf.exp(tf.exp(tf.exp(tf.exp(tf.exp(gradient)))))));
      for (let i = 0; i < 4; i++) {
        const next = tf.tidy(() => tf.add(tf.mul(state, 0.9), gradient));
        state.dispose();
        state = next;
        await state.data();
      }
      tf.dispose([state, gradient]);
    });
    expect(compiles).toBe(1);
  });
});

describe('the cache', () => {
  it('is bounded and goes on working when sessions are evicted', () =>
    withBackend({ cacheSize: 3, threads: 1 }, () => {
      for (let round = 0; round < 2; round++) {
        for (let size = 1; size < 8; size++) {
          const sum = tf.tidy(() => tf.sum(tf.exp(tf.zeros([size]))));
          expect(sum.dataSync()[0]).toBe(size);
          sum.dispose();
          expect(backend().memory().numSessions).toBeLessThanOrEqual(3);
        }
      }
    }));

  it('is bounded in bytes, of which one graph may have more', () =>
    withBackend({ maxSessionBytes: 10_000, threads: 1 }, () => {
      for (const size of [10, 20, 5000, 30]) {
        const sum = tf.tidy(() => tf.sum(tf.exp(tf.neg(tf.linspace(0, 1, size)))));
        expect(sum.dataSync()[0]).toBeGreaterThan(0);
        sum.dispose();
        expect(backend().memory().numSessions).toBe(size === 20 ? 2 : 1);
      }
    }));
});
