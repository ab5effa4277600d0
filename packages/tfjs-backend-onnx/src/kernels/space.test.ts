import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import {
  expectGradientLikeCpu,
  expectLikeCpu,
  floats,
  integers,
  runOn,
  expectClose,
} from '../../test/against-cpu';
import '../register';

describe('batchToSpaceND and spaceToBatchND', () => {
  it.each([
    [
      [4, 2, 2, 3],
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [[4, 3, 2], [2], [[1, 2]]],
    [
      [6, 2, 2, 1],
      [2, 3],
      [
        [1, 0],
        [0, 2],
      ],
    ],
  ])('%j by %j less %j', async (shape, block, crops) => {
    const program = (x: tf.Tensor) => tf.batchToSpaceND(x, block, crops);
    await expectLikeCpu(program, [floats(shape)]);
    await expectLikeCpu(program, [integers(shape)]);
    await expectGradientLikeCpu(program, [floats(shape)]);
  });
  it.each([
    [
      [2, 4, 2, 3],
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [[1, 3, 2], [2], [[1, 2]]],
    [
      [2, 2, 4],
      [2, 3],
      [
        [2, 0],
        [1, 1],
      ],
    ],
  ])('%j by %j with %j', async (shape, block, paddings) => {
    const program = (x: tf.Tensor) => tf.spaceToBatchND(x, block, paddings);
    await expectLikeCpu(program, [floats(shape)]);
    await expectGradientLikeCpu(program, [floats(shape)]);
  });
});

describe('depthToSpace', () => {
  it('like cpu, channels last', () =>
    expectLikeCpu((x) => tf.depthToSpace(x as tf.Tensor4D, 2), [floats([2, 3, 2, 12])]));
  it('channels first, the same picture', async () => {
    const input = [floats([2, 3, 2, 12])];
    const last = (x: tf.Tensor) => tf.depthToSpace(x as tf.Tensor4D, 2);
    const first = (x: tf.Tensor) =>
      tf.transpose(
        tf.depthToSpace(tf.transpose(x as tf.Tensor4D, [0, 3, 1, 2]), 2, 'NCHW'),
        [0, 2, 3, 1],
      );
    const [want] = await runOn('onnx', last, input);
    const [got] = await runOn('onnx', first, input);
    expectClose(got!, want!, {});
  });
});
