import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectLikeCpu, floats, integers, plain } from '../../test/against-cpu';
import '../register';

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('cumprod, exclusive %s, reverse %s', (exclusive, reverse) => {
  const along = (axis: number) => (x: tf.Tensor) => tf.cumprod(x, axis, exclusive, reverse);
  it.each([
    [[7], 0],
    [[1], 0],
    [[3, 5], 0],
    [[3, 5], 1],
    [[2, 9, 3], 1],
  ])('of %j along %d', async (shape, axis) => {
    await expectLikeCpu(along(axis), [floats(shape)], { rtol: 1e-4 });
    await expectLikeCpu(along(axis), [integers(shape, -3, 3)]);
  });
  it('with zeros and signs', () => expectLikeCpu(along(0), [plain([2, -1, 0, 5, -3])]));
});
