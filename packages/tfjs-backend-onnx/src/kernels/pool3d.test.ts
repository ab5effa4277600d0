import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectGradientLikeCpu, expectLikeCpu, floats, runOn } from '../../test/against-cpu';
import '../register';

describe.each(['maxPool3d', 'avgPool3d'] as const)('%s', (name) => {
  it.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [2, 1, 'same'],
    [2, 1, 2],
  ] as [number, number, 'valid' | 'same' | number][])(
    'windows of %d, strides %d, padding %s',
    async (size, strides, pad) => {
      const program = (x: tf.Tensor) => tf[name](x as tf.Tensor5D, size, strides, pad);
      await expectLikeCpu(program, [floats([2, 4, 5, 4, 3])]);
      // tfjs's own average ignores the padding in its gradient.
      if (pad === 'valid' || name === 'maxPool3d') {
        await expectGradientLikeCpu(program, [floats([2, 4, 5, 4, 3])]);
      }
    },
  );
});

it('the gradient of a padded average adds up to what came in', async () => {
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.avgPool3d(x as tf.Tensor5D, 3, 2, 'same')));
  const [got] = await runOn('onnx', gradient, [floats([1, 4, 4, 4, 1])]);
  expect(got!.values.reduce((a, b) => a + b)).toBeCloseTo(8, 4);
});
