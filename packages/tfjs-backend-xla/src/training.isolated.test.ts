import '@crossweave/tfjs-backend-onnx/register';
import { jit } from '@crossweave/tfjs-backend-onnx';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { trainCrossAttention } from '../test/cross-attention';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../test/plugin';
import './register';

const reason = withoutPlugin();
const onDevice = (): number =>
  (tf.memory() as unknown as Record<string, number>)['numBytesOnDevice']!;

describe.skipIf(reason !== null)(named('training on XLA', reason), () => {
  beforeEach(async () => {
    await tf.setBackend('xla:cpu');
  });

  it('goes as on ONNX Runtime: a cross-attention model, 20 steps of AdamW', async () => {
    const got = await trainCrossAttention(20);
    await tf.setBackend('onnx');
    const want = await trainCrossAttention(20);
    expect(want.losses.at(-1)!).toBeLessThan(want.losses[0]! / 2);
    got.losses.forEach((loss, i) => expect(loss).toBeCloseTo(want.losses[i]!, 5));
    got.weights.forEach((weight, i) => expect(weight).toBeCloseTo(want.weights[i]!, 4));
  });

  it('holds as much after 1,000 steps as after a few', async () => {
    const held: number[] = [];
    const { numTensors } = tf.memory();
    await trainCrossAttention(1000, (step) => {
      if (step === 10 || step === 999) held.push(onDevice());
    });
    expect(held[1]).toBe(held[0]);
    expect(tf.memory().numTensors).toBe(numTensors);
    tf.tidy(() => tf.neg(tf.tensor1d([1, 2])).dataSync());
    expect(onDevice()).toBeLessThan(100);
  });

  it('writes new state over the old, unless both show the same memory', () => {
    const step = jit(
      (state: { w: tf.Tensor; m: tf.Tensor }) => {
        const m = tf.add(tf.mul(state.m, 0.5), tf.exp(tf.neg(state.w)));
        return { w: tf.sub(state.w, m), m };
      },
      { donate: [0] },
    );
    const z = tf.tensor1d([1, 2, 3]);
    let state = { w: z, m: z.clone() } as { w: tf.Tensor; m: tf.Tensor };
    let [w, m] = [
      [1, 2, 3],
      [1, 2, 3],
    ];
    for (let i = 0; i < 4; i++) {
      state = step(state);
      m = m.map((value, k) => value / 2 + Math.exp(-w[k]!));
      w = w.map((value, k) => value - m[k]!);
      [...state.w.dataSync()].forEach((value, k) => expect(value).toBeCloseTo(w[k]!, 4));
      // The first state showed the same memory twice: it is given back, and not written over.
      if (i > 0) expect(onDevice()).toBe(24);
    }
    tf.dispose([state.w, state.m]);
    step.dispose();
  });
});
