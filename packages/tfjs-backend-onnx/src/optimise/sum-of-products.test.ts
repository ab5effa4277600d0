import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectLikeCpu, floats } from '../../test/against-cpu';
import '../register';

const close = { rtol: 1e-4, atol: 1e-2 };

describe('sums of products', () => {
  it.each([
    [[3, 700], [1]],
    [
      [3, 700],
      [0, 1],
    ],
    [[3, 700], [0]],
    [
      [2, 3, 40, 30],
      [0, 2, 3],
    ],
    [
      [2, 3, 40, 30],
      [0, 3],
    ],
    [
      [2, 3, 40, 30],
      [1, 2, 3],
    ],
    [[20_000], [0]],
    [[4, 9_001], [1]],
  ])('of %j over %j', async (shape, axes) => {
    const operands = [floats(shape), floats(shape)];
    for (const keepDims of [false, true]) {
      await expectLikeCpu((a, b) => tf.sum(tf.mul(a, b), axes, keepDims), operands, close);
      await expectLikeCpu((a, b) => tf.mean(tf.mul(a, b), axes, keepDims), operands, close);
    }
    await expectLikeCpu((a, b) => tf.sum(tf.squaredDifference(a, b), axes), operands, close);
  });

  it('keeps the products where they are needed as well', () =>
    expectLikeCpu(
      (a, b) => {
        const product = tf.mul(a, b);
        return [product, tf.sum(product, 1)];
      },
      [floats([2, 600]), floats([2, 600])],
      close,
    ));

  it('leaves products of operands that broadcast alone', () =>
    expectLikeCpu((a, b) => tf.sum(tf.mul(a, b), 1), [floats([2, 600]), floats([600])], close));
});
