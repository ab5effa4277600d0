import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import {
  booleans,
  expectGradientLikeCpu,
  expectLikeCpu,
  floats,
  integers,
} from '../../test/against-cpu';
import '../register';

const x234 = () => floats([2, 3, 4]);
const programs: Record<string, [(x: tf.Tensor) => tf.Tensor, number[]]> = {
  reshape: [(x) => tf.mul(tf.reshape(x, [4, -1]), 2), [2, 3, 4]],
  'reshape of a computed value': [(x) => tf.exp(tf.reshape(tf.exp(x), [6, 4])), [2, 3, 4]],
  expandDims: [(x) => tf.neg(tf.expandDims(x, -2)), [2, 3]],
  squeeze: [(x) => tf.neg(tf.squeeze(x)), [1, 3, 1]],
  transpose: [(x) => tf.transpose(x), [2, 3, 4]],
  'transpose twice': [(x) => tf.transpose(tf.transpose(x, [1, 2, 0]), [1, 2, 0]), [2, 3, 4]],
  'transpose back': [(x) => tf.transpose(tf.transpose(x, [1, 2, 0]), [2, 0, 1]), [2, 3, 4]],
  'transpose of ones': [(x) => tf.transpose(x, [0, 2, 1, 3]), [2, 1, 3, 2]],
  slice: [(x) => tf.slice(x, [0, 1, 2], [2, 2, -1]), [2, 3, 4]],
  'slice all': [(x) => tf.slice(x, [0, 0, 0]), [2, 3, 4]],
  'slice nothing': [(x) => tf.slice(x, [0, 0, 0], [2, 0, 4]), [2, 3, 4]],
  concat: [(x) => tf.concat([x, tf.mul(x, 2)], -1), [2, 3]],
  stack: [(x) => tf.stack([x, tf.neg(x)], 1), [2, 3]],
  pad: [
    (x) =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 1],
        ],
        3,
      ),
    [2, 3],
  ],
  'pad with zeros': [
    (x) =>
      tf.pad(x, [
        [1, 2],
        [0, 1],
      ]),
    [2, 3],
  ],
  mirrorPadReflect: [
    (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [2, 0],
        ],
        'reflect',
      ),
    [3, 4],
  ],
  tile: [(x) => tf.tile(x, [2, 3]), [2, 3]],
  'tile of ones': [(x) => tf.tile(x, [1, 3]), [2, 1]],
  reverse: [(x) => tf.reverse(x, [0, -1]), [2, 3, 4]],
  split: [(x) => tf.add(tf.split(x, [1, 3], 1)[1] as tf.Tensor, 1), [2, 4]],
  unstack: [(x) => tf.add(tf.unstack(x, 1)[2] as tf.Tensor, 1), [2, 3, 2]],
};

describe.each(Object.entries(programs))('%s', (_, [program, shape]) => {
  it('values', () => expectLikeCpu(program, [floats(shape)]));
  it('int32', () => expectLikeCpu(program, [integers(shape)]));
  it('gradient', () => expectGradientLikeCpu(program, [floats(shape)]));
});

describe('more layout', () => {
  it('symmetric mirrorPad', () =>
    expectLikeCpu(
      (x) =>
        tf.mirrorPad(
          x,
          [
            [1, 1],
            [2, 0],
          ],
          'symmetric',
        ),
      [floats([3, 4])],
    ));
  it.each([
    [[0, 1, 0], [2, 3, 4], [1, 2, 3], 0, 0],
    [[1, 2, 3], [-3, -4, -5], [-1, -2, -1], 0, 0],
    [[0, 0, 0], [1, 1, 1], [1, 1, 1], 7, 7],
    [[1, 0, 2], [2, 3, 3], [1, 1, 1], 0, 0],
  ])(
    'stridedSlice from %j to %j by %j',
    (begin: number[], end: number[], strides: number[], beginMask: number, endMask: number) =>
      expectLikeCpu((x) => tf.stridedSlice(x, begin, end, strides, beginMask, endMask), [x234()]),
  );
  it('stridedSlice that shrinks', () =>
    expectLikeCpu(
      (x) => tf.stridedSlice(x, [1, 0, 0], [2, 3, 4], [1, 1, 1], 0, 0, 0, 0, 1),
      [x234()],
    ));
  it('broadcastTo', async () => {
    await expectLikeCpu((x) => tf.broadcastTo(x, [4, 2, 3]), [floats([2, 1])]);
    await expectGradientLikeCpu((x) => tf.broadcastTo(x, [2, 3]), [floats([2, 1])]);
  });
  it('concat with empty parts', () =>
    expectLikeCpu((x, y) => tf.concat([x, y, x], 0), [floats([2, 3]), floats([0, 3])]));
  it('all outputs of split and unstack', async () => {
    await expectLikeCpu((x) => tf.split(x, 2, 0), [floats([4, 3])]);
    await expectLikeCpu((x) => tf.unstack(x, 0), [booleans([3, 2])]);
  });
  it('bools', async () => {
    await expectLikeCpu((x) => tf.pad(x, [[1, 1]]), [booleans([3])]);
    await expectLikeCpu((x) => tf.transpose(tf.concat([x, x], 0)), [booleans([2, 3])]);
    await expectLikeCpu((x) => tf.tile(x, [2]), [booleans([3])]);
    await expectLikeCpu((x) => tf.reverse(x), [booleans([3])]);
  });
  it('depthToSpace, spaceToBatch and batchToSpace', async () => {
    await expectLikeCpu((x) => tf.depthToSpace(x as tf.Tensor4D, 2), [floats([1, 2, 2, 8])]);
    await expectLikeCpu(
      (x) =>
        tf.spaceToBatchND(
          x,
          [2, 2],
          [
            [0, 0],
            [0, 0],
          ],
        ),
      [floats([1, 4, 4, 1])],
    );
  });
});
