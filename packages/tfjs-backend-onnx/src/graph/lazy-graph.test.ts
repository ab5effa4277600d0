import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { backend, train, withBackend } from '../../test/train';
import '../register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

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

  it('runs a loop that never reads once its graph has grown past the bound', () =>
    withBackend({ maxPending: 50 }, () => {
      let x: tf.Tensor = tf.scalar(0);
      for (let i = 0; i < 500; i++) {
        const next = tf.add(x, 1);
        x.dispose();
        x = next;
        expect(backend().memory().numPending).toBeLessThanOrEqual(52);
      }
      expect(x.dataSync()[0]).toBe(500);
      x.dispose();
    }));

  it('runs a loop that awaits but never reads step by step, in one graph', () =>
    withBackend({}, async () => {
      const step = (x: tf.Tensor): tf.Tensor => {
        const next = tf.tidy(() => {
          let y = x;
          for (let i = 0; i < 60; i++) y = tf.add(tf.mul(y, 0.5), 1);
          return y;
        });
        x.dispose();
        return next;
      };
      let x: tf.Tensor = tf.tensor1d(new Array<number>(10).fill(3));
      for (let i = 0; i < 6; i++) {
        x = step(x);
        await Promise.resolve();
        expect(backend().memory().numPending).toBe(0);
      }
      expect(backend().statistics).toMatchObject({ compiles: 1, runs: 6 });
      expect(x.dataSync()[0]).toBeCloseTo(2, 5);
      x.dispose();
    }));

  it('keeps an error at a turn for the one who reads', async () => {
    const bad = tf.tidy(() => {
      let y: tf.Tensor = tf.tensor1d([0, 1, 2]);
      for (let i = 0; i < 60; i++) y = tf.add(tf.mul(y, 1), 1);
      return tf.gather(tf.tensor1d([1, 2]), tf.cast(y, 'int32'));
    });
    await Promise.resolve();
    expect(() => bad.dataSync()).toThrow(/Gather/);
    bad.dispose();
    const fine = tf.neg(tf.tensor1d([1]));
    expect([...fine.dataSync()]).toEqual([-1]);
    fine.dispose();
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

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['sliced to all of it', (x) => tf.slice(x, [0, 0], [20, 30])],
    [
      'padded by nothing',
      (x) =>
        tf.pad(x, [
          [0, 0],
          [0, 0],
        ]),
    ],
    ['tiled once', (x) => tf.tile(x, [1, 1])],
    ['transposed to the same', (x) => tf.transpose(x, [0, 1])],
    ['cropped by nothing', (x) => tf.reshape(tf.slice(tf.reshape(x, [30, 20]), 0, 30), [20, 30])],
  ])('keeps a computed array for a tensor that shows it in another shape: %s', (_, show) => {
    const x = tf.tidy(() => tf.add(tf.range(0, 600), 1));
    x.dataSync();
    const y = tf.tidy(() => show(tf.reshape(x, [20, 30])));
    x.dispose();
    // Each takes an array of as many elements, if one is free.
    for (let i = 0; i < 4; i++) {
      const other = tf.tidy(() => tf.exp(tf.fill([600], i)));
      other.dataSync();
    }
    expect([...y.dataSync().slice(0, 3)]).toEqual([1, 2, 3]);
    expect(y.shape).toEqual([20, 30]);
    y.dispose();
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
