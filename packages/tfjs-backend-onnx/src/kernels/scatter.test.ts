import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { booleans, expectLikeCpu, floats, integers, plain } from '../../test/against-cpu';
import '../register';

describe('tensorScatterUpdate', () => {
  const program = (x: tf.Tensor, i: tf.Tensor, u: tf.Tensor) => tf.tensorScatterUpdate(x, i, u);
  it('writes rows, the last of equal indices', () =>
    expectLikeCpu(program, [floats([4, 3]), plain([0, 2, 2], [3, 1], 'int32'), floats([3, 3])]));
  it('writes elements', () =>
    expectLikeCpu(program, [
      integers([3, 4]),
      plain([0, 1, 2, 3], [2, 2], 'int32'),
      integers([2]),
    ]));
});

describe('sparseToDense', () => {
  it('of one value or many, over a default', async () => {
    const places = plain([1, 3], [2], 'int32');
    const program = (i: tf.Tensor, v: tf.Tensor, d: tf.Tensor) =>
      tf.sparseToDense(i, v, [5], d as tf.Scalar);
    await expectLikeCpu(program, [places, floats([2]), plain([7], [])]);
    await expectLikeCpu(program, [places, plain([4], [], 'int32'), plain([9], [], 'int32')]);
    await expectLikeCpu(program, [places, booleans([2]), plain([1], [], 'bool')]);
  });
  it('of a matrix', () =>
    expectLikeCpu(
      (i, v) => tf.sparseToDense(i, v, [3, 2]),
      [plain([0, 1, 2, 0], [2, 2], 'int32'), floats([2])],
    ));
});

describe('diag', () => {
  it.each([[[3]], [[2, 3]], [[1]]])('of %j', async (shape) => {
    await expectLikeCpu((x) => tf.diag(x), [floats(shape)]);
    await expectLikeCpu((x) => tf.diag(x), [integers(shape)]);
    await expectLikeCpu((x) => tf.diag(x), [booleans(shape)]);
  });
});
