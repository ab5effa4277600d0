import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { OnnxBackend, OnnxBackendError, createOnnxBackend } from './index';
import './register';

function backend(): OnnxBackend {
  const found: object = tf.backend();
  if (found instanceof OnnxBackend) return found;
  throw new Error(`The backend is ${tf.getBackend()}.`);
}

beforeEach(async () => {
  await tf.setBackend('onnx');
});

/** Two layers trained by plain SGD; returns the losses. Everything but them is disposed of. */
async function train(steps: number, rate: (step: number) => number, batch = 8): Promise<number[]> {
  const x = tf.randomNormal([batch, 6], 0, 1, 'float32', 3);
  const y = tf.randomNormal([batch, 2], 0, 1, 'float32', 4);
  let weights = [
    tf.randomNormal([6, 16], 0, 0.5, 'float32', 1),
    tf.randomNormal([16, 2], 0, 0.5, 'float32', 2),
  ];
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const [loss, ...next] = tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => {
        const hidden = tf.relu(tf.matMul(x as tf.Tensor2D, a as tf.Tensor2D));
        const out = tf.matMul(hidden, b);
        return tf.mean(tf.squaredDifference(out, y));
      })(weights);
      return [
        value,
        ...weights.map((w, i) => tf.sub(w, tf.mul(grads[i] as tf.Tensor, rate(step)))),
      ];
    });
    tf.dispose(weights);
    weights = next;
    losses.push(((await loss.data()) as Float32Array)[0] as number);
    tf.dispose(loss);
  }
  tf.dispose([x, y, ...weights]);
  return losses;
}

describe('laziness', () => {
  it('runs nothing until a value is read, and then everything in one graph', async () => {
    const before = backend().statistics.runs;
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.exp(x);
    const z = tf.mul(y, 2);
    expect(backend().statistics.runs).toBe(before);
    expect(backend().memory().numPending).toBeGreaterThan(0);
    await z.data();
    expect(backend().statistics.runs).toBe(before + 1);
    expect(y.dataSync()[0]).toBeCloseTo(Math.E, 5);
    expect(backend().statistics.runs).toBe(before + 1);
    tf.dispose([x, y, z]);
  });

  it('reads synchronously and asynchronously alike', async () => {
    const y = tf.sqrt(tf.tensor1d([4, 9]));
    expect([...y.dataSync()]).toEqual([2, 3]);
    expect([...(await y.data())]).toEqual([2, 3]);
    y.dispose();
  });

  it('shares one compiled graph between equal structures', async () => {
    await train(2, () => 0.1);
    const { compiles } = backend().statistics;
    await train(5, () => 0.1);
    expect(backend().statistics.compiles).toBe(compiles);
  });

  it('runs a loop that never reads once its graph has grown past the bound', async () => {
    tf.registerBackend('onnx-small', () => createOnnxBackend({ maxPending: 50 }));
    const kernels = tf.getKernelsForBackend('onnx');
    for (const kernel of kernels) tf.registerKernel({ ...kernel, backendName: 'onnx-small' });
    await tf.setBackend('onnx-small');
    let x: tf.Tensor = tf.scalar(0);
    for (let i = 0; i < 500; i++) {
      const next = tf.add(x, 1);
      x.dispose();
      x = next;
      expect(backend().memory().numPending).toBeLessThanOrEqual(52);
    }
    expect(x.dataSync()[0]).toBe(500);
    x.dispose();
    await tf.setBackend('onnx');
    tf.removeBackend('onnx-small');
  });

  it('sees the values an array had when the tensor was made', () => {
    const values = Float32Array.of(1, 2, 3);
    const x = tf.tensor1d(values);
    const y = tf.mul(x, 10);
    values.fill(0);
    expect([...y.dataSync()]).toEqual([10, 20, 30]);
    tf.dispose([x, y]);
  });
});

describe('constants', () => {
  it('recompiles once when a number begins to vary, and never again', async () => {
    const { compiles } = backend().statistics;
    await train(12, (step) => 0.1 / (step + 1), 9);
    expect(backend().statistics.compiles - compiles).toBe(2);
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

  it('does not mistake a state that starts as zeros for a constant', async () => {
    const { compiles } = backend().statistics;
    let state = tf.zeros([300, 3]);
    const gradient = tf.randomNormal([300, 3], 0, 1, 'float32', 5);
    tf.dispose(tf.tidy(() => tf.exp(tf.exp(tf.exp(tf.exp(tf.exp(gradient)))))));
    for (let i = 0; i < 4; i++) {
      const next = tf.tidy(() => tf.add(tf.mul(state, 0.9), gradient));
      state.dispose();
      state = next;
      await state.data();
    }
    expect(backend().statistics.compiles - compiles).toBe(1);
    tf.dispose([state, gradient]);
  });
});

describe('buffers', () => {
  it('never touches a tensor that is held, nor an array that was read', async () => {
    const held = tf.tidy(() => tf.mul(tf.range(0, 96), 3));
    const read = await held.data();
    const kept = [...read];
    const params = tf.tidy(() => tf.mul(tf.range(0, 96), 2));
    const params0 = params.dataSync();
    const copy = [...params0];
    await train(20, () => 0.1, 16);
    expect([...read]).toEqual(kept);
    expect([...params0]).toEqual(copy);
    expect([...held.dataSync()]).toEqual(kept);
    read.fill(-1);
    expect([...held.dataSync()]).toEqual(kept);
    tf.dispose([held, params]);
  });

  it('keeps what a pending graph still reads, though its tensor is gone', () => {
    const x = tf.tidy(() => tf.add(tf.range(0, 500), 1));
    x.dataSync();
    const y = tf.mul(x, 2);
    x.dispose();
    const others = Array.from({ length: 5 }, (_, i) => tf.fill([500], i));
    const sums = others.map((t) => tf.neg(t));
    expect(y.dataSync()[499]).toBe(1000);
    tf.dispose([y, ...others, ...sums]);
  });

  it('reuses the arrays of dead tensors', async () => {
    await train(6, () => 0.1, 32);
    const { numBytesPooled, numBytesHeld } = backend().memory();
    await train(30, () => 0.1, 32);
    expect(backend().memory().numBytesPooled).toBeLessThanOrEqual(numBytesPooled * 1.5 + 4096);
    expect(backend().memory().numBytesHeld).toBe(numBytesHeld);
  });
});

describe('the contract of a backend', () => {
  it('counts data ids and references', () => {
    const before = backend().numDataIds();
    const x = tf.tensor2d([[1, 2]]);
    const y = tf.reshape(x, [2]);
    const z = tf.clone(x);
    expect(backend().numDataIds()).toBe(before + 1);
    expect(backend().refCount(x.dataId)).toBe(3);
    x.dispose();
    y.dispose();
    expect([...z.dataSync()]).toEqual([1, 2]);
    z.dispose();
    expect(backend().numDataIds()).toBe(before);
  });

  it('leaves nothing behind after training', async () => {
    const before = tf.memory();
    await train(3, () => 0.1);
    const after = tf.memory();
    expect(after.numTensors).toBe(before.numTensors);
    expect(after.numDataBuffers).toBe(before.numDataBuffers);
  });

  it('takes tensors from another backend and gives them back', async () => {
    await tf.setBackend('cpu');
    const x = tf.tensor1d([1, 4, 9]);
    await tf.setBackend('onnx');
    const y = tf.sqrt(x);
    await tf.setBackend('cpu');
    const z = tf.add(y, x);
    expect([...z.dataSync()]).toEqual([2, 6, 12]);
    await tf.setBackend('onnx');
    expect([...tf.tidy(() => tf.add(y, x)).dataSync()]).toEqual([2, 6, 12]);
    tf.dispose([x, y, z]);
  });

  it('holds variables and lets tfjs optimizers train them', async () => {
    const w = tf.variable(tf.tensor1d([2, -3]));
    const optimizer = tf.train.adam(0.1);
    for (let i = 0; i < 60; i++) {
      optimizer.minimize(() => tf.sum<tf.Scalar>(tf.square(w)));
      await w.data();
    }
    expect(Math.max(...w.dataSync().map(Math.abs))).toBeLessThan(0.6);
    w.dispose();
    optimizer.dispose();
  });

  it('stores strings and bools', async () => {
    const words = tf.tensor1d(['a', 'bc']);
    expect(words.dataSync()).toEqual(['a', 'bc']);
    const mask = tf.logicalNot(tf.tensor1d([true, false]));
    expect([...(await mask.data())]).toEqual([0, 1]);
    tf.dispose([words, mask]);
  });

  it('runs rare kernels on the cpu backend, complex numbers included', () => {
    const x = tf.tensor1d([1, 2, 3, 4]);
    const spectrum = tf.tidy(() => tf.abs(tf.spectral.rfft(x)));
    expect([...spectrum.dataSync()][0]).toBeCloseTo(10, 4);
    const unique = tf.unique(tf.tensor1d([3, 1, 3]));
    expect([...unique.values.dataSync()]).toEqual([3, 1]);
    tf.dispose([x, spectrum, unique]);
  });
});

describe('repeatability', () => {
  it('gives the same bits when run again', async () => {
    const first = await train(15, (step) => 0.1 / (step + 1));
    expect(await train(15, (step) => 0.1 / (step + 1))).toEqual(first);
  });

  it('sums repeated rows in the same order each time', () => {
    const run = (): Float32Array =>
      tf.tidy(() => {
        const x = tf.randomNormal([5000, 16], 0, 1, 'float32', 9);
        const ids = tf.cast(tf.mod(tf.range(0, 5000, 1, 'int32'), tf.scalar(7, 'int32')), 'int32');
        return tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 7).dataSync() as Float32Array;
      });
    const first = run();
    for (let i = 0; i < 5; i++) expect(run()).toEqual(first);
  });
});

describe('failures', () => {
  it('names the operator, leaves other tensors readable and the backend alive', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const fine = tf.mul(x, 2);
    const bad = tf.gather(x, tf.tensor1d([0, 9], 'int32'));
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

  it('refuses options that make no sense', () => {
    expect(() => createOnnxBackend({ threads: 0 })).toThrow(RangeError);
    expect(() => createOnnxBackend({ cacheSize: 1.5 })).toThrow(RangeError);
  });
});

describe('the cache', () => {
  it('is bounded and goes on working when sessions are evicted', async () => {
    tf.registerBackend('onnx-few', () => createOnnxBackend({ cacheSize: 3, threads: 1 }));
    for (const kernel of tf.getKernelsForBackend('onnx')) {
      tf.registerKernel({ ...kernel, backendName: 'onnx-few' });
    }
    await tf.setBackend('onnx-few');
    for (let round = 0; round < 2; round++) {
      for (let size = 1; size < 8; size++) {
        const sum = tf.tidy(() => tf.sum(tf.exp(tf.zeros([size]))));
        expect(sum.dataSync()[0]).toBe(size);
        sum.dispose();
        expect(backend().memory().numSessions).toBeLessThanOrEqual(3);
      }
    }
    await tf.setBackend('onnx');
    tf.removeBackend('onnx-few');
  });
});
