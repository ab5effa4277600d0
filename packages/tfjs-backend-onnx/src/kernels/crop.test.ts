import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectLikeCpu, floats, plain } from '../../test/against-cpu';
import '../register';

describe.each(['bilinear', 'nearest'] as const)('cropAndResize %s', (method) => {
  it.each([
    [3, 4],
    [1, 1],
    [7, 2],
  ])('to %d × %d', (height, width) => {
    const boxes = plain(
      [0, 0, 1, 1, 0.21, 0.13, 0.72, 0.94, 0.9, 0.83, 0.11, 0.3, -0.5, 0.02, 0.53, 1.5],
      [4, 4],
    );
    const program = (x: tf.Tensor, b: tf.Tensor, i: tf.Tensor) =>
      tf.image.cropAndResize(
        x as tf.Tensor4D,
        b as tf.Tensor2D,
        i as tf.Tensor1D,
        [height, width],
        method,
        -2,
      );
    return expectLikeCpu(
      program,
      [floats([2, 5, 6, 3]), boxes, plain([0, 1, 0, 1], [4], 'int32')],
      {
        rtol: 1e-4,
        atol: 1e-5,
      },
    );
  });
});

describe('flipLeftRight', () => {
  it.each([[[2, 3, 4, 3]], [[1, 3, 1, 2]]])('of %j', (shape) =>
    expectLikeCpu((x) => tf.image.flipLeftRight(x as tf.Tensor4D), [floats(shape)]),
  );
});
