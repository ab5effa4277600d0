import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import { backend } from '../../test/train';
import { OnnxBackendError } from '../errors';
import '../register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

const SIZE = 2 ** 18;

/** Momentum steps on one large vector; `hold` keeps every state alive. */
async function momentum(steps: number, hold: boolean): Promise<{ values: number[]; made: number }> {
  const gradient = tf.linspace(-1, 1, SIZE);
  let state = [tf.fill([SIZE], 0.5), tf.fill([SIZE], 0)];
  const old: tf.Tensor[] = [];
  let before = 0;
  for (let step = 0; step < steps; step++) {
    if (step === 3) before = process.memoryUsage().arrayBuffers;
    const next = tf.tidy(() => {
      const [p, m] = state as [tf.Tensor, tf.Tensor];
      const grown = tf.add(tf.mul(m, 0.9), tf.mul(gradient, tf.mean(p)));
      return [tf.sub(p, tf.mul(grown, 0.1)), grown];
    });
    if (hold) old.push(...state);
    else tf.dispose(state);
    state = next;
    const sum = tf.sum(state[0] as tf.Tensor);
    await sum.data();
    sum.dispose();
  }
  const made = process.memoryUsage().arrayBuffers - before;
  const values = [...(await (state[0] as tf.Tensor).data())].filter((_, i) => i % 999 === 0);
  tf.dispose([gradient, ...state, ...old]);
  return { values, made };
}

it('writes new state over old state that was disposed of, to the same bits', async () => {
  const held = await momentum(8, true);
  const recycled = await momentum(8, false);
  expect(recycled.values).toEqual(held.values);
  expect(recycled.made).toBeLessThan(SIZE);
});

it('keeps a tensor that somebody holds', async () => {
  const x = tf.linspace(0, 1, 1000);
  const want = await x.data();
  for (let i = 0; i < 4; i++) {
    const y = tf.neg(x);
    await y.data();
    y.dispose();
    expect(await x.data()).toEqual(want);
  }
  x.dispose();
});

it('says so when a failed graph had begun to overwrite what it needs again', async () => {
  const run = (place: number): { next: tf.Tensor; picked: tf.Tensor } => {
    const x = tf.tidy(() => tf.add(tf.range(0, 64), 1));
    x.dataSync();
    const next = tf.neg(x);
    x.dispose();
    // Computed, as indices that are known are checked before anything runs.
    const picked = tf.tidy(() => {
      const places = tf.tensor1d([place, ...new Array<number>(20).fill(0)], 'int32');
      return tf.gather(next, tf.abs(places));
    });
    return { next, picked };
  };
  for (const place of [0, 1]) {
    const { next, picked } = run(place);
    await picked.data();
    tf.dispose([next, picked]);
  }
  const { next, picked } = run(1000);
  expect(() => picked.dataSync()).toThrow(OnnxBackendError);
  picked.dispose();
  expect(() => next.dataSync()).toThrow(/input values are lost/);
  next.dispose();
  const fine = tf.neg(tf.tensor1d([1, 2]));
  expect([...fine.dataSync()]).toEqual([-1, -2]);
  expect(backend().memory().numPending).toBe(0);
});

it('spares what other pending operators read when only a part is run after a failure', () => {
  const x = tf.tidy(() => tf.add(tf.range(0, 64), 1));
  x.dataSync();
  const negative = tf.neg(x);
  const square = tf.square(x);
  const places = tf.tidy(() =>
    tf.mul<tf.Tensor1D>(tf.range(0, 64, 1, 'int32'), tf.scalar(9, 'int32')),
  );
  const bad = tf.gather(tf.tensor1d([1, 2]), places);
  tf.dispose([x, places]);
  expect(negative.dataSync()[63]).toBe(-64);
  expect(square.dataSync()[63]).toBe(4096);
  expect(() => bad.dataSync()).toThrow(OnnxBackendError);
  tf.dispose([negative, square, bad]);
});
