import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plain, Tolerance } from '../../test/against-cpu';
import { booleans, expectClose, floats, integers, plain, runOn } from '../../test/against-cpu';
import { backend } from '../../test/train';
import { withoutVulkan } from '../../test/webgpu';
import { jit, registerOnnxBackend } from '../index';
import '../register';

const missing = withoutVulkan();
if (missing !== null) console.warn(`WebGPU is not tested here: ${missing}.`);

/** Every driver rounds in its own way; SwiftShader's sine is good to four digits. */
const close = { rtol: 1e-4, atol: 1e-4 };
let webgpu: string;

/** The same as on the provider `cpu`. */
async function expectLikeCpu(
  program: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  inputs: readonly Plain[],
  tolerance: Tolerance = close,
): Promise<void> {
  const want = await runOn('onnx', program, inputs);
  const got = await runOn(webgpu, program, inputs);
  expect(got).toHaveLength(want.length);
  got.forEach((result, i) => expectClose(result, want[i]!, tolerance));
}

describe.skipIf(missing !== null)('webgpu', () => {
  beforeAll(() => {
    webgpu = registerOnnxBackend({ provider: 'webgpu', threads: 1, cacheSize: 4 });
  });
  beforeEach(async () => {
    await tf.setBackend(webgpu);
  });
  afterAll(async () => {
    await tf.setBackend('cpu');
    tf.removeBackend(webgpu);
  });

  describe('values', () => {
    it.each([
      ['matrices', [3, 4], [4, 5], false, false],
      ['matrices, transposed', [4, 3], [5, 4], true, true],
      ['batches', [2, 3, 4], [2, 4, 5], false, false],
      ['batches, transposed', [2, 3, 4, 3], [2, 1, 5, 4], true, true],
    ] as const)('products of %s', async (_, a, b, left, right) => {
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, left, right);
      await expectLikeCpu(product, [floats(a), floats(b)]);
    });

    it('a layer of attention and its gradients', async () => {
      const attend = (x: tf.Tensor, w: tf.Tensor): tf.Scalar => {
        const { mean, variance } = tf.moments(x, -1, true);
        const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
        const q = tf.matMul(normed, w);
        const weights = tf.softmax(tf.mul(tf.matMul(q, normed, false, true), 0.5));
        return tf.mean(tf.square(tf.erf(tf.matMul(weights, normed))));
      };
      await expectLikeCpu(
        (x, w) => tf.grads(attend)([x, w]),
        [floats([2, 5, 8]), floats([2, 8, 8])],
      );
    });

    it('operators that have to go to the CPU', async () => {
      const x = floats([2, 6, 6, 3]);
      const pooled = (t: tf.Tensor) => tf.maxPool(t as tf.Tensor4D, 2, 2, 'valid');
      const filter = floats([3, 3, 3, 2]);
      const deep = (t: tf.Tensor, w: tf.Tensor) =>
        tf.depthwiseConv2d(t as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
      await expectLikeCpu((t) => [pooled(t), tf.grad((u) => tf.sum(pooled(u)))(t)], [x]);
      await expectLikeCpu((t, w) => tf.grads(deep)([t, w]), [x, filter]);
      const same = (t: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(t as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
      await expectLikeCpu(same, [floats([1, 2, 2, 3]), floats([2, 2, 3, 4])]);
      const solid = (t: tf.Tensor, w: tf.Tensor) =>
        tf.conv3d(t as tf.Tensor5D, w as tf.Tensor5D, 1, 'same');
      const grads = (t: tf.Tensor, w: tf.Tensor) => tf.grads(solid)([t, w]);
      await expectLikeCpu(grads, [floats([1, 3, 3, 3, 2]), floats([2, 2, 2, 2, 2])]);
    });

    it('of every type, and none at all', async () => {
      await expectLikeCpu(
        (a, b) => [
          tf.logicalAnd(a, tf.greater(b, 0)),
          tf.where(a, b, tf.neg(b)),
          tf.topk(b, 2).indices,
        ],
        [booleans([3, 5]), integers([3, 5])],
      );
      await expectLikeCpu(
        (a) => [tf.concat([a, tf.ones([1, 2])]), tf.add(a, 1)],
        [plain([], [0, 2])],
      );
    });
  });

  it('trains as the cpu provider does, on a device whose memory does not grow', async () => {
    const run = async (name: string) => {
      await tf.setBackend(name);
      const x = tf.randomNormal([16, 6], 0, 1, 'float32', 3);
      const y = tf.randomNormal([16, 2], 0, 1, 'float32', 4);
      const first = tf.variable(tf.randomNormal<tf.Rank.R2>([6, 16], 0, 0.5, 'float32', 1));
      const second = tf.variable(tf.randomNormal<tf.Rank.R2>([16, 2], 0, 0.5, 'float32', 2));
      const optimizer = tf.train.adam(0.03);
      const losses: number[] = [];
      const onDevice: number[] = [];
      for (let step = 0; step < 15; step++) {
        const loss = optimizer.minimize(() => {
          const hidden = tf.relu(tf.matMul(x, first));
          return tf.mean(tf.squaredDifference(tf.matMul(hidden, second), y));
        }, true) as tf.Scalar;
        losses.push((await loss.data())[0] as number);
        loss.dispose();
        onDevice.push(backend().memory().numBytesOnDevice);
      }
      tf.dispose([x, y, first, second]);
      optimizer.dispose();
      return { losses, onDevice };
    };
    const cpu = await run('onnx');
    const { losses, onDevice } = await run(webgpu);
    losses.forEach((loss, step) => {
      expect(Math.abs(loss - cpu.losses[step]!)).toBeLessThan(1e-4 * cpu.losses[step]!);
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.8);
    // Parameters and both moments stay there, the batch and the loss besides.
    expect(onDevice[2]).toBeGreaterThan(3 * 4 * (6 * 16 + 16 * 2));
    expect(new Set(onDevice.slice(2)).size).toBe(1);
    expect(new Set(cpu.onDevice)).toEqual(new Set([0]));
    await expectNothingLeft();
  });

  /** Buffers of dead tensors go with the next run. */
  async function expectNothingLeft(): Promise<void> {
    const one = tf.scalar(1);
    const two = tf.add(one, tf.scalar(1));
    await two.data();
    tf.dispose([one, two]);
    const three = tf.add(tf.scalar(1), tf.scalar(2));
    expect(await three.data()).toEqual(Float32Array.of(3));
    expect(backend().memory().numBytesOnDevice).toBe(4);
    three.dispose();
  }

  it('keeps what a session made when that session leaves the cache', async () => {
    const made = Array.from({ length: 10 }, (_, i) => {
      const t = tf.tidy(() => tf.mul(tf.range(0, 10 + i), 2));
      t.dataSync();
      return t;
    });
    expect(backend().memory().numSessions).toBeLessThanOrEqual(4);
    made.forEach((t, i) => expect(t.dataSync()[9 + i]).toBe(2 * (9 + i)));
    const sum = tf.tidy(() => tf.addN(made.map((t) => tf.sum(t))));
    expect(sum.dataSync()[0]).toBe(made.reduce((n, t) => n + (t.size - 1) * t.size, 0));
    tf.dispose([...made, sum]);
    await expectNothingLeft();
  });

  it('copies an array to the device when it is used for the second time', async () => {
    await expectNothingLeft();
    const frozen = tf.tensor2d(
      Array.from({ length: 900 }, (_, i) => i),
      [30, 30],
    );
    const use = (): number => {
      const y = tf.tidy(() => tf.sum(tf.reshape(frozen, [900])));
      const value = y.dataSync()[0] as number;
      y.dispose();
      return value;
    };
    const bytes = [0, 1, 2, 3].map(() => {
      expect(use()).toBe((899 * 900) / 2);
      return backend().memory().numBytesOnDevice;
    });
    expect(bytes.map((n) => n >= 3600)).toEqual([false, true, true, true]);
    expect(bytes[3]).toBe(bytes[1]);
    frozen.dispose();
    await expectNothingLeft();
  });

  it('gives each reader an array of its own', () => {
    const x = tf.tidy(() => tf.mul(tf.range(0, 5), 2));
    x.dataSync().fill(-1);
    expect([...x.dataSync()]).toEqual([0, 2, 4, 6, 8]);
    x.dispose();
  });

  it('runs jit, with tensors it closes over built in', () => {
    const scale = tf.tidy(() => tf.mul(tf.range(0, 4), 3));
    scale.dataSync();
    for (const bake of [false, true]) {
      const scaled = jit((x: tf.Tensor) => tf.mul(x, scale), { bake });
      for (const factor of [1, 2, 3]) {
        const y = tf.tidy(() => scaled(tf.scalar(factor)));
        expect([...y.dataSync()]).toEqual([0, 3 * factor, 6 * factor, 9 * factor]);
        y.dispose();
      }
      scaled.dispose();
    }
    scale.dispose();
  });

  it('times what it computes', async () => {
    const x = tf.randomNormal<tf.Rank.R2>([256, 256], 0, 1, 'float32', 1);
    x.dataSync();
    const made: tf.Tensor[] = [];
    const { kernelMs } = await tf.time(() => made.push(tf.matMul(x, x)));
    expect(kernelMs).toBeGreaterThan(0);
    tf.dispose([x, ...made]);
  });

  it('reports memory that cannot be had, and goes on', async () => {
    const x = tf.ones<tf.Rank.R2>([1 << 23, 1]);
    const huge = tf.tidy(() => tf.sum(tf.exp(tf.matMul(x, x, false, true))));
    expect(() => huge.dataSync()).toThrow(
      expect.objectContaining({ name: 'OnnxBackendError', code: 'out-of-memory' }) as Error,
    );
    tf.dispose([x, huge]);
    await expectNothingLeft();
  });

  it('frees everything with the backend', async () => {
    const held = tf.tidy(() => tf.add(tf.range(0, 100), 1));
    held.dataSync();
    const own = backend();
    expect(own.memory().numBytesOnDevice).toBeGreaterThanOrEqual(400);
    await tf.setBackend('cpu');
    tf.removeBackend(webgpu);
    expect(own.memory()).toMatchObject({ numBytesOnDevice: 0, numSessions: 0 });
    webgpu = registerOnnxBackend({ provider: 'webgpu', threads: 1, cacheSize: 4 });
    await tf.setBackend(webgpu);
    const again = tf.add(tf.scalar(1), 1);
    expect([...again.dataSync()]).toEqual([2]);
    again.dispose();
  });
});
