import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { backend, train, withBackend } from '../test/train';
import './register';

beforeEach(async () => {
  await tf.setBackend('onnx');
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

  it.each([
    ['int32', 'float32'],
    ['bool', 'float32'],
    ['bool', 'int32'],
  ] as const)('takes tensors that another backend cast from %s to %s', async (from, to) => {
    await tf.setBackend('cpu');
    const x = tf.cast(tf.tensor1d([1, 0, 1], from), to);
    await tf.setBackend('onnx');
    const y = tf.add(x, tf.scalar(1, to));
    expect(y.dtype).toBe(to);
    expect([...y.dataSync()]).toEqual([2, 1, 2]);
    expect([...tf.sum(y).dataSync()]).toEqual([5]);
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
});

describe('memory from step to step', () => {
  const numbers = (step: number): Float32Array =>
    Float32Array.from({ length: 5000 }, (_, i) => i + step);
  const bytesAfter = async (step: (at: number) => tf.Tensor): Promise<number[]> => {
    const found: number[] = [];
    await withBackend({}, async () => {
      for (let at = 0; at < 6; at++) {
        const result = step(at);
        await result.data();
        result.dispose();
        const { numBytesHeld, numBytesPooled } = backend().memory();
        found.push(numBytesHeld + numBytesPooled);
      }
    });
    return found;
  };

  it('holds one batch where one is disposed before the next is made', async () => {
    const found = await bytesAfter((at) => tf.tidy(() => tf.sum(tf.exp(tf.tensor1d(numbers(at))))));
    expect(Math.max(...found)).toBeLessThan(1.5 * 4 * 5000);
  });

  it('holds what is made for a call of a compiled function once', async () => {
    let compiled: ReturnType<ReturnType<typeof backend>['compile']> | undefined;
    const found = await bytesAfter((at) => {
      compiled ??= backend().compile((_args, recorder) =>
        tf.sum(recorder.tensor((moment) => numbers(moment as number), [5000], 'float32')),
      );
      return compiled.run([], at) as tf.Tensor;
    });
    expect(Math.max(...found)).toBeLessThan(1.5 * 4 * 5000);
  });

  it('lends an array that a literal takes, and takes it back', async () => {
    const found = await bytesAfter((at) => {
      const values = backend().allocate('float32', 5000);
      values.set(numbers(at));
      return tf.tidy(() => {
        const info = backend().literal(values, [5000], 'float32');
        return tf.sum(tf.engine().makeTensorFromTensorInfo(info, backend()));
      });
    });
    expect(Math.max(...found)).toBeLessThan(1.5 * 4 * 5000);
  });
});
