import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectLikeCpu, floats, integers, plain } from '../../test/against-cpu';
import '../register';

const none = plain([], [0]);

describe('bincount', () => {
  const program = (x: tf.Tensor, w: tf.Tensor) =>
    tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 4);
  it('counts, or sums weights, of values below the size', async () => {
    await expectLikeCpu(program, [integers([20], 0, 6), none]);
    await expectLikeCpu(program, [integers([20], 0, 6), floats([20])]);
    await expectLikeCpu(program, [integers([20], 0, 6), integers([20])]);
  });
  it('refuses negative values', async () => {
    await tf.setBackend('onnx');
    tf.tidy(() => {
      const x = tf.tensor1d([1, -1], 'int32');
      expect(() => tf.bincount(x, tf.tensor1d([]), 4)).toThrow(/non-negative/);
    });
  });
});

describe.each([false, true])('denseBincount, binary %s', (binary) => {
  const program = (x: tf.Tensor, w: tf.Tensor) =>
    tf.denseBincount(x as tf.Tensor1D, w as tf.Tensor1D, 4, binary);
  it.each([[[20]], [[3, 8]]])('of %j', async (shape) => {
    await expectLikeCpu(program, [integers(shape, 0, 6), none]);
    await expectLikeCpu(program, [integers(shape, 0, 6), floats(shape)]);
  });
});
