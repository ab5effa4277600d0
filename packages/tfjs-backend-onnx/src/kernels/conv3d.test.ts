import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import {
  expectClose,
  expectGradientLikeCpu,
  expectLikeCpu,
  floats,
  runOn,
} from '../../test/against-cpu';
import '../register';

const tolerance = { rtol: 1e-4, atol: 1e-4 };

describe.each(['valid', 'same'] as const)('conv3d, %s padding', (pad) => {
  it.each([
    [[2, 4, 5, 3, 2], [2, 3, 1, 2, 3], 1],
    [[1, 5, 5, 5, 1], [3, 3, 3, 1, 2], 2],
    [[2, 4, 4, 5, 2], [2, 2, 3, 2, 2], [1, 2, 3] as [number, number, number]],
  ] as [number[], number[], number | [number, number, number]][])(
    'of %j with %j, strides %j',
    async (input, filter, strides) => {
      const program = (x: tf.Tensor, f: tf.Tensor) =>
        tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, strides, pad);
      const inputs = [floats(input), floats(filter)];
      await expectLikeCpu(program, inputs, tolerance);
      await expectGradientLikeCpu(program, inputs, tolerance);
    },
  );
  it('transposed', () =>
    expectLikeCpu(
      (x, f) =>
        tf.conv3dTranspose(
          x as tf.Tensor5D,
          f as tf.Tensor5D,
          pad === 'same' ? [1, 4, 4, 4, 3] : [1, 5, 5, 5, 3],
          2,
          pad,
        ),
      [floats([1, 2, 2, 2, 2]), floats([3, 3, 3, 3, 2])],
      tolerance,
    ));
});

it('dilated', () =>
  expectLikeCpu(
    (x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, 'same', 'NDHWC', [2, 1, 2]),
    [floats([1, 5, 4, 5, 2]), floats([2, 2, 2, 2, 2])],
    tolerance,
  ));

it('steps over planes from the first one on, as TensorFlow does', async () => {
  const x = floats([1, 4, 5, 5, 2]);
  const program = (images: tf.Tensor) =>
    tf.conv3d(images as tf.Tensor5D, tf.ones([1, 1, 1, 2, 1]), 3, 'same');
  const byHand = (images: tf.Tensor) =>
    tf.sum(tf.stridedSlice(images, [0, 0, 0, 0, 0], x.shape as number[], [1, 3, 3, 3, 1]), 4, true);
  const [got] = await runOn('onnx', program, [x]);
  const [want] = await runOn('onnx', byHand, [x]);
  expectClose(got!, want!, {});
});
