import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectLikeCpu, floats } from '../test/against-cpu';
import './register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

describe("kernels that run on tfjs's cpu backend", () => {
  it('take complex numbers', () =>
    expectLikeCpu((x) => tf.abs(tf.spectral.rfft(x)), [floats([3, 8])], { atol: 1e-5 }));

  it('give several results', () => {
    const { values, indices } = tf.unique(tf.tensor1d([3, 1, 3]));
    expect([...values.dataSync()]).toEqual([3, 1]);
    expect([...indices.dataSync()]).toEqual([0, 1, 0]);
    tf.dispose([values, indices]);
  });

  it('take lists of tensors beside others', () => {
    tf.tidy(() => {
      const splits = [tf.tensor1d([0, 2, 3], 'int32')];
      const indices = tf.tensor1d([1, 0], 'int32');
      const got = tf.raggedGather(splits, tf.tensor1d([7, 8, 9]), indices, 1);
      expect([...got.outputDenseValues.dataSync()]).toEqual([9, 7, 8]);
      expect([...got.outputNestedSplits[0]!.dataSync()]).toEqual([0, 1, 3]);
    });
  });

  it('draw the same with the same seed', () =>
    expectLikeCpu(
      (x) => {
        const logits = x as tf.Tensor2D;
        return [tf.multinomial(logits, 20, 7), tf.multinomial(logits, 20, 8)];
      },
      [floats([2, 5])],
    ));

  it('leave nothing behind when they throw', () => {
    const before = tf.engine().backend.numDataIds();
    tf.tidy(() => {
      const x = tf.tensor1d([1, 2, 3]);
      const wrong = tf.tensor1d([0, 9], 'int32');
      expect(() => tf.raggedGather([wrong], x, tf.tensor1d([0], 'int32'), 1)).toThrow(/splits/);
    });
    expect(tf.engine().backend.numDataIds()).toBe(before);
  });
});

describe('kernels with an ONNX form', () => {
  it('take strings', () => {
    tf.tidy(() => {
      const x = tf.tensor2d(['a', 'b', 'c', 'd'], [2, 2]);
      expect(tf.concat([tf.slice(x, [1, 0], [1, 2]), tf.fill([1, 2], 'e')]).arraySync()).toEqual([
        ['c', 'd'],
        ['e', 'e'],
      ]);
      const row = tf.tile(tf.reshape(x, [1, 4]), [1, 2]);
      expect(row.arraySync()).toEqual([['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd']]);
      expect([...tf.equal(x, tf.fill([2, 2], 'b')).dataSync()]).toEqual([0, 1, 0, 0]);
    });
  });

  it('take complex numbers', () =>
    expectLikeCpu(
      (x, y) => {
        const [a, b] = [tf.complex(x, y), tf.complex(y, tf.neg(x))];
        const sum = tf.concat([tf.mul(a, b), tf.add(tf.reshape(a, [2, 3]), tf.reshape(b, [2, 3]))]);
        return [tf.real(sum), tf.imag(sum), tf.abs(sum)];
      },
      [floats([2, 3]), floats([2, 3])],
    ));
});
