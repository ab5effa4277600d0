import '@crossweave/tfjs-backend-onnx/register';
import { jit } from '@crossweave/tfjs-backend-onnx';
import type { OnnxBackend } from '@crossweave/tfjs-backend-onnx/graph';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { trainCrossAttention } from '../../tfjs-backend-xla/test/cross-attention';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutBf16, withoutLibrary } from '../test/library';
import './register';

const reason = withoutLibrary();
const held = (): number => {
  const { numBytesHeld, numBytesPooled } = tf.memory() as unknown as Record<string, number>;
  return numBytesHeld! + numBytesPooled!;
};

describe.skipIf(reason !== null)(named('training on OpenVINO', reason), () => {
  beforeEach(async () => {
    await tf.setBackend('onnx:openvino');
  });

  it('goes as on ONNX Runtime: a cross-attention model, 20 steps of AdamW', async () => {
    const got = await trainCrossAttention(20);
    await tf.setBackend('onnx');
    const want = await trainCrossAttention(20);
    expect(want.losses.at(-1)!).toBeLessThan(want.losses[0]! / 2);
    got.losses.forEach((loss, i) => expect(loss).toBeCloseTo(want.losses[i]!, 5));
    got.weights.forEach((weight, i) => expect(weight).toBeCloseTo(want.weights[i]!, 4));
  });

  it('gives the same bits twice', async () => {
    const first = await trainCrossAttention(10);
    const second = await trainCrossAttention(10);
    expect(second).toEqual(first);
  });

  it('holds as much after 1,000 steps as after a few', async () => {
    const bytes: number[] = [];
    const { numTensors } = tf.memory();
    await trainCrossAttention(1000, (step) => {
      if (step === 10 || step === 999) bytes.push(held());
    });
    expect(bytes[1]).toBe(bytes[0]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('writes moments over the old ones, unless two states share their memory', () => {
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
      [...state.w.dataSync()].forEach((value, k) => expect(value / w[k]!).toBeCloseTo(1, 5));
      [...state.m.dataSync()].forEach((value, k) => expect(value / m[k]!).toBeCloseTo(1, 5));
    }
    tf.dispose([state.w, state.m]);
    step.dispose();
  });

  it.skipIf(withoutBf16() !== null)('learns in bf16 as in float32', async () => {
    const want = await trainCrossAttention(20);
    await tf.setBackend('onnx:openvino-bf16');
    const got = await trainCrossAttention(20);
    expect(got.losses[0]).not.toBe(want.losses[0]);
    // bf16 has 8 bits of significand: losses agree to about 1 %.
    got.losses.forEach((loss, i) =>
      expect(Math.abs(loss / want.losses[i]! - 1)).toBeLessThan(0.05),
    );
  });

  it('computes on one session for each structure', () => {
    const { statistics } = tf.backend() as unknown as OnnxBackend;
    const { compiles } = statistics;
    for (let i = 0; i < 10; i++) {
      tf.tidy(() => tf.sum(tf.square(tf.tensor1d([i, 2, 3]))).dataSync());
    }
    expect(statistics.compiles - compiles).toBeLessThanOrEqual(3);
  });
});
