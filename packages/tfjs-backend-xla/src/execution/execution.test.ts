import type { OnnxBackend } from '@crossweave/tfjs-backend-onnx/graph';
import { registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../test/plugin';
import { XlaBackendError } from '../errors';
import { createXlaBackend } from '../registration';

const NAME = 'xla-under-test';
const reason = withoutPlugin();

/** The error that reading gives. */
async function failureOf(read: () => unknown): Promise<XlaBackendError> {
  try {
    await read();
  } catch (error) {
    if (XlaBackendError.is(error)) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

describe.skipIf(reason !== null)(named('running on XLA', reason), () => {
  beforeEach(async () => {
    if (tf.findBackend(NAME) === null) {
      registerKernels(NAME);
      tf.registerBackend(NAME, () => createXlaBackend());
    }
    await tf.setBackend(NAME);
  });
  afterAll(() => tf.removeBackend(NAME));

  it('reads now and later, while other reads are waited for', async () => {
    const products = tf.tidy(() => {
      const x = tf.fill([600, 600], 1 / 600);
      return Array.from({ length: 24 }, (_, i) => tf.matMul(x, tf.fill([600, 600], i)));
    });
    // Each a program of its own, and each read waits while the device is at work.
    const later = products.map((each) => each.data());
    const last = tf.tidy(() => tf.sum(tf.addN(products)).dataSync()[0]!);
    expect(last / (360_000 * 276)).toBeCloseTo(1, 4);
    const values = await Promise.all(later);
    values.forEach((list, i) => expect(list[7]).toBeCloseTo(i, 3));
    tf.dispose(products);
  });

  it('hands over copies, whatever becomes of the tensor meanwhile', async () => {
    const y = tf.tidy(() => tf.exp(tf.tensor1d([0, 1])));
    const later = y.data();
    y.dispose();
    expect([...(await later)][1]).toBeCloseTo(Math.E, 5);
  });

  it('ends a read that is under way when the backend is removed', async () => {
    const sum = tf.tidy(() => {
      const x = tf.fill([400, 400], 1 / 400);
      return tf.sum(tf.matMul(x, tf.matMul(x, x)));
    });
    const later = sum.data();
    tf.removeBackend(NAME);
    expect((await later)[0]).toBeCloseTo(400, 2);
  });

  it('refuses an index that is outside, and whatever was computed with it', async () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const picked = tf.tidy(() => tf.gather(x, tf.cast(tf.add(tf.tensor1d([0, 3]), 0), 'int32')));
    const backend = tf.backend() as unknown as OnnxBackend;
    backend.graph.flush();
    const sum = tf.tidy(() => tf.sum(picked));
    for (const read of [() => picked.dataSync(), () => picked.data(), () => sum.dataSync()]) {
      const error = await failureOf(read);
      expect(error).toMatchObject({ code: 'runtime', op: 'Gather' });
      expect(error.message).toContain('Gather: an index is outside of [3].');
    }
    tf.dispose([picked, sum]);
    expect([...tf.tidy(() => tf.neg(x).dataSync())]).toEqual([-1, -2, -3, -4, -5, -6]);
    x.dispose();
  });

  it('refuses negative indices, and scatters to places that are not there', async () => {
    const outside = (): tf.Tensor => tf.cast(tf.neg(tf.abs(tf.tensor1d([0, 1]))), 'int32');
    const gather = await failureOf(() =>
      tf.tidy(() => tf.gather(tf.range(0, 4), outside() as tf.Tensor1D).dataSync()),
    );
    expect(gather.op).toBe('Gather');
    const scatter = await failureOf(() =>
      tf.tidy(() => tf.scatterND(tf.reshape(outside(), [2, 1]), tf.ones([2]), [4]).dataSync()),
    );
    expect(scatter.op).toBe('ScatterElements');
  });

  it('says that memory is out, and goes on', async () => {
    const before = tf.memory().numTensors;
    const huge = tf.tidy(() => tf.exp(tf.mul(tf.fill([2 ** 20, 2 ** 23], 2), 3)));
    const error = await failureOf(() => {
      (tf.backend() as unknown as OnnxBackend).graph.flush();
      return huge.dataSync();
    });
    expect(error.code).toBe('out-of-memory');
    expect(error.summary).toContain(`Out of memory allocating ${4 * 2 ** 43} bytes.`);
    expect(error.advice).toMatch(/^Dispose tensors, .*, or use a smaller batch\.$/);
    huge.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect([...tf.tidy(() => tf.neg(tf.tensor1d([1, 2])).dataSync())]).toEqual([-1, -2]);
  });

  it('computes exactly where XLA would rearrange', () => {
    let results: number[][] = [];
    tf.tidy(() => {
      const tiny = tf.tensor1d([1e-8, -1e-7]);
      const list = tf.tensor1d([49, 98, 147, 196, 245], 'int32');
      const floats = tf.tensor1d([41, 82, 41 * 47]);
      results = [
        tf.log1p(tiny),
        tf.expm1(tiny),
        tf.floorDiv(list, tf.scalar(49, 'int32')),
        tf.floor(tf.div(floats, 41)),
      ].map((each) => [...each.dataSync()]);
    });
    const [log1p, expm1, quotient, whole] = results;
    log1p!.forEach((value, i) => expect(value / Math.log1p([1e-8, -1e-7][i]!)).toBeCloseTo(1, 6));
    expm1!.forEach((value, i) => expect(value / Math.expm1([1e-8, -1e-7][i]!)).toBeCloseTo(1, 6));
    expect(quotient).toEqual([1, 2, 3, 4, 5]);
    expect(whole).toEqual([1, 2, 47]);
  });

  it('finds the largest element again, though XLA computes and rounds it twice', () => {
    const results = tf.tidy(() => {
      const random = (seed: number, ...shape: number[]): tf.Tensor =>
        tf.randomNormal(shape, 0, 1, 'float32', seed);
      const [x, scale, shift] = [random(1, 4, 5, 6), random(2, 6), random(3, 6)];
      const { mean, variance } = tf.moments(x, -1, true);
      const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
      const y = tf.add(tf.mul(normed, scale), shift);
      const isLargest = tf.cast(tf.equal(y, tf.max(y, 1, true)), 'int32');
      const places = [tf.argMax(y, 1), tf.argMax(isLargest, 1), tf.argMin(tf.neg(y), 1)];
      const [found, again, least] = places.map((each) => [...each.dataSync()]);
      return { found, again, least, counts: [...tf.sum(isLargest, 1).dataSync()] };
    });
    expect(results.counts).toEqual(new Array(24).fill(1));
    expect(results.again).toEqual(results.found);
    expect(results.least).toEqual(results.found);
  });

  it('divides by no denormal number, which is 0 to XLA: the size of a complex 0', () => {
    const sizes = tf.tidy(() => {
      // More numbers than a vector holds, of which XLA computes the last ones apart.
      const [real, imag] = [tf.pad1d([0, 3, 0], [0, 37]), tf.pad1d([0, -4, 1e-30], [0, 37])];
      return [...tf.abs(tf.complex(real, imag)).dataSync()];
    });
    expect(sizes).toEqual([0, 5, Math.fround(1e-30), ...new Array<number>(37).fill(0)]);
  });

  it('closes with reads under way, and memory that is held', async () => {
    const backend = createXlaBackend();
    const { graph } = backend;
    const value = graph.write(
      Float32Array.from({ length: 5000 }, () => 1),
      [5000],
      'float32',
    );
    const doubled = graph.valueOf(
      graph.recording.op('Add', [value.node, value.node], [5000], 'float32'),
    );
    for (const each of [value, doubled]) graph.values.hold(each);
    const later = graph.readLater(doubled).catch((error: unknown) => error);
    expect(graph.read(doubled)[4999]).toBe(2);
    backend.dispose();
    const outcome = await later;
    expect(outcome instanceof Float32Array || XlaBackendError.is(outcome)).toBe(true);
  });
});
