import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReferenceExecutor } from '../../test/reference-executor';
import { train, withBackend } from '../../test/train';
import { OnnxBackend } from '../backend';
import { jit } from '../jit/jit';
import { registerKernels } from '../registration';
import '../register';

const NAME = 'onnx-on-reference';
let executor: ReferenceExecutor;
let reference: OnnxBackend;

beforeEach(async () => {
  executor = new ReferenceExecutor();
  reference = new OnnxBackend({}, executor);
  registerKernels(NAME);
  tf.registerBackend(NAME, () => reference);
  await tf.setBackend(NAME);
});
afterEach(async () => {
  await tf.setBackend('onnx');
  tf.removeBackend(NAME);
});

const onnx = (): OnnxBackend => tf.backend() as unknown as OnnxBackend;

/** Runs the same on both executors, the reference last, each with no program compiled yet. */
async function onBoth<T>(run: () => T | Promise<T>): Promise<readonly [T, T]> {
  let first: T | undefined;
  await withBackend({}, async () => {
    first = await run();
  });
  await tf.setBackend(NAME);
  return [first as T, await run()];
}

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(want[i] as number, 5));
}

describe('two executors under one graph', () => {
  it('train alike, from as many programs and runs', async () => {
    const [want, got] = await onBoth(async () => {
      const { compiles, recompiles, runs } = onnx().statistics;
      const losses = await train(8, (step) => 0.1 / (step + 1));
      const now = onnx().statistics;
      return {
        losses,
        counts: [now.compiles - compiles, now.recompiles - recompiles, now.runs - runs],
      };
    });
    expectClose(got.losses, want.losses);
    // The rate is built in until it is seen to vary.
    expect(want.counts).toEqual([2, 1, 8]);
    expect(got.counts).toEqual(want.counts);
    expect(executor.counts).toMatchObject({ compiled: 2, runs: 8 });
    expect(executor.counts.donated).toBeGreaterThan(0);
  });

  it('compile a function once and write its new state over the old', async () => {
    const step = (state: { w: tf.Tensor; m: tf.Tensor }, rate: tf.Tensor) => {
      const { w, m } = state;
      const next = tf.add(tf.mul(m, 0.9), tf.exp(tf.neg(w)));
      return { w: tf.sub(w, tf.mul(next, rate)), m: next };
    };
    const [want, got] = await onBoth(() => {
      const compiled = jit(step, { donate: [0] });
      const z = tf.tensor1d([1, 2, 3]);
      // The moments begin as the parameters: nothing may be written over what both show.
      let state = { w: z, m: z.clone() } as { w: tf.Tensor; m: tf.Tensor };
      const rate = tf.scalar(0.1);
      for (let i = 0; i < 4; i++) state = compiled(state, rate);
      const values = [...state.w.dataSync(), ...state.m.dataSync()];
      tf.dispose([state.w, state.m, rate]);
      compiled.dispose();
      return values;
    });
    expectClose(got, want);
    // Of four calls, the first gets tensors that share memory.
    expect(executor.counts).toMatchObject({ compiled: 1, runs: 4, donated: 6, disposed: 1 });
  });

  it('give back every buffer', async () => {
    const before = executor.live.size;
    await train(4, () => 0.1);
    reference.graph.flush();
    expect(executor.live.size).toBe(before);
    expect(tf.memory()).toMatchObject({ numBytesHeld: 0, numBytesOnDevice: 0 });
  });
});

describe('an executor that computes later', () => {
  it('is waited for by who reads, and by nobody else', async () => {
    const y = tf.tidy(() => tf.add(tf.mul(tf.tensor1d([1, 2]), 3), tf.tensor1d([1, 1])));
    reference.graph.flush();
    expect(executor.counts).toMatchObject({ runs: 1, computed: 0 });
    expect([...y.dataSync()]).toEqual([4, 7]);
    const { computed } = executor.counts;
    expect(computed).toBeGreaterThan(0);
    expect([...(await y.data())]).toEqual([4, 7]);
    expect(executor.counts.computed).toBe(computed);
    y.dispose();
  });

  it('hands over copies, whatever becomes of the tensor meanwhile', async () => {
    const y = tf.tidy(() => tf.exp(tf.tensor1d([0, 1])));
    const later = y.data();
    y.dispose();
    expectClose([...(await later)], [1, Math.E]);
  });

  it('tells who reads what failed, and goes on', async () => {
    const bad = tf.tidy(() => tf.neg(tf.tensor1d([1, 2])));
    executor.failure = new Error('the device is gone');
    expect(() => bad.dataSync()).toThrow('the device is gone');
    await expect(bad.data()).rejects.toThrow('the device is gone');
    executor.failure = null;
    expect([...bad.dataSync()]).toEqual([-1, -2]);
    bad.dispose();
  });
});
