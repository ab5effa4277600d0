import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectGradientLikeCpu, expectLikeCpu, floats } from '../../test/against-cpu';
import '../register';

describe('localResponseNormalization', () => {
  it.each([
    [5, 1, 1, 0.5],
    [1, 2, 0.3, 0.75],
    [0, 1, 0.1, 0.5],
  ])('radius %d, bias %d, alpha %d, beta %d', async (radius, bias, alpha, beta) => {
    const program = (x: tf.Tensor) =>
      tf.localResponseNormalization(x as tf.Tensor4D, radius, bias, alpha, beta);
    await expectLikeCpu(program, [floats([2, 2, 3, 6])]);
    await expectGradientLikeCpu(program, [floats([2, 2, 3, 6])], { rtol: 1e-4, atol: 1e-5 });
  });
});
