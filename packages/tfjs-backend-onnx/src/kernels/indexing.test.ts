import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  expectGradientLikeCpu,
  expectLikeCpu,
  floats,
  integers,
  plain,
  runOn,
} from '../../test/against-cpu';
import '../register';

describe('gather', () => {
  const rows = plain([0, 2, 2, 1, 4], [5], 'int32');
  it.each([
    [[5, 3], 0],
    [[2, 5], 1],
    [[2, 5, 3], -2],
  ])('of %j along %d', async (shape, axis) => {
    await expectLikeCpu((x, i) => tf.gather(x, i, axis), [floats(shape), rows]);
    await expectGradientLikeCpu(
      (x) => tf.gather(x, tf.tensor1d([0, 2, 2, 1, 4], 'int32'), axis),
      [floats(shape)],
    );
  });
  it('by a matrix of indices', () =>
    expectLikeCpu((x, i) => tf.gather(x, i), [floats([5, 2]), integers([2, 3], 0, 4)]));
  it('with batch dims', async () => {
    const batched = (x: tf.Tensor, i: tf.Tensor) => tf.gather(x, i, 1, 1);
    await expectLikeCpu(batched, [floats([2, 5, 3]), integers([2, 3], 0, 4)]);
    const later = (x: tf.Tensor, i: tf.Tensor) => tf.gather(x, i, 2, 1);
    await expectLikeCpu(later, [floats([2, 3, 5, 2]), integers([2, 4], 0, 4)]);
  });
  it('refuses known indices out of range at once', async () => {
    await tf.setBackend('onnx');
    tf.tidy(() => {
      const x = tf.zeros([3, 4]);
      expect(() => tf.gather(x, tf.tensor1d([0, 4], 'int32'), 1)).toThrow(/4 is not in \[0, 3\]/);
      expect(() => tf.gather(x, tf.tensor1d([-1], 'int32'))).toThrow(/-1 is not in \[0, 2\]/);
    });
  });
  it('gatherND', () =>
    expectLikeCpu((x, i) => tf.gatherND(x, i), [floats([3, 4, 2]), integers([5, 2], 0, 2)]));
});

describe('scatter and segments', () => {
  it('unsortedSegmentSum', async () => {
    const ids = plain([1, 0, 1, 3, -1, 7], [6], 'int32');
    const program = (x: tf.Tensor, i: tf.Tensor) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 4);
    await expectLikeCpu(program, [floats([6, 3]), ids]);
    await expectLikeCpu(program, [floats([6]), ids]);
    await expectGradientLikeCpu(
      (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1], 'int32'), 2),
      [floats([3, 2])],
    );
  });
  it('scatterND', async () => {
    const program = (i: tf.Tensor, u: tf.Tensor) => tf.scatterND(i, u, [4, 3]);
    await expectLikeCpu(program, [plain([0, 2, 2], [3, 1], 'int32'), floats([3, 3])]);
    await expectLikeCpu(program, [plain([0, 2, 2, 1, 0, 2], [3, 2], 'int32'), floats([3])]);
  });
  it('oneHot', async () => {
    const ids = plain([0, 3, -1, 2, 5], [5], 'int32');
    await expectLikeCpu((i) => tf.oneHot(i, 4), [ids]);
    await expectLikeCpu((i) => tf.oneHot(i, 4, 2, -1, 'float32'), [ids]);
    await expectLikeCpu((i) => tf.oneHot(i, 4), [integers([2, 3], 0, 3)]);
  });
  it('topk', async () => {
    const program = (x: tf.Tensor) => {
      const { values, indices } = tf.topk(x, 3);
      return [values, indices];
    };
    await expectLikeCpu(program, [floats([2, 7])]);
    await expectLikeCpu(program, [integers([2, 7], 0, 3)]);
    await expectLikeCpu(program, [plain([1, 5, 5, 5, 2])]);
    const [unsorted] = await runOn('onnx', (x) => tf.topk(x, 3, false).indices, [
      plain([1, 5, 5, 5, 2]),
    ]);
    expect(unsorted!.values).toEqual([1, 2, 3]);
  });
  it('whereAsync-like reads and booleans', () =>
    expectLikeCpu((x) => tf.cast(tf.greater(x, 0), 'int32'), [floats([3, 3])]));
});

describe('creation', () => {
  it('makes the same values', async () => {
    await expectLikeCpu(() => tf.range(0, 5), []);
    await expectLikeCpu(() => tf.range(5, -3, -2, 'int32'), []);
    await expectLikeCpu(() => tf.range(0, 1, 0.1), []);
    await expectLikeCpu(() => tf.linspace(-1, 1, 7), []);
    await expectLikeCpu(() => tf.fill([2, 3], 1.5), []);
    await expectLikeCpu(() => tf.fill([20, 30], 2, 'int32'), []);
    await expectLikeCpu(() => tf.eye(4), []);
    await expectLikeCpu((x) => tf.onesLike(x), [integers([2, 3])]);
    await expectLikeCpu((x) => tf.zerosLike(x), [floats([20, 30])]);
    await expectLikeCpu(() => tf.add(tf.ones([20, 30]), tf.zeros([20, 30])), []);
    await expectLikeCpu(() => tf.linalg.bandPart(tf.ones([20, 20]), 2, 3), []);
  });
  it('handles complex numbers', async () => {
    const program = (x: tf.Tensor, y: tf.Tensor) => {
      const z = tf.complex(x, y);
      return [tf.real(z), tf.imag(z), tf.abs(z)];
    };
    await expectLikeCpu(program, [floats([4]), floats([4])]);
  });
  it('measures complex numbers near the ends of the range', () =>
    expectLikeCpu(
      (x, y) => tf.abs(tf.complex(x, y)),
      [plain([3e-30, 3e30, 0, 1e-42]), plain([4e-30, 4e30, 0, 0])],
      { atol: 0 },
    ));
});

it('topk of a tensor that nobody holds does not write over it while reading', async () => {
  await tf.setBackend('onnx');
  const given = Array.from({ length: 65 }, (_, i) => (i * 37) % 65);
  const { values, indices } = tf.topk(given, 65);
  expect([...values.dataSync()]).toEqual([...given].sort((a, b) => b - a));
  expect([...indices.dataSync()].map((i) => given[i])).toEqual([...values.dataSync()]);
  tf.dispose([values, indices]);
});
