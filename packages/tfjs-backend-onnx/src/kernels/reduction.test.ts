import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  booleans,
  expectGradientLikeCpu,
  expectLikeCpu,
  floats,
  integers,
  plain,
} from '../../test/against-cpu';
import '../register';

const reductions = ['sum', 'mean', 'max', 'min', 'prod'] as const;
const cases: [number[], number | number[] | undefined][] = [
  [[], undefined],
  [[5], undefined],
  [[3, 4], 0],
  [[3, 4], -1],
  [
    [3, 4],
    [0, 1],
  ],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [[2, 3, 4], [1]],
  [[2, 1, 4], [1]],
  [
    [2, 3, 4, 2],
    [0, 1, 2],
  ],
  [[2, 3], []],
];

describe.each(reductions)('%s', (name) => {
  it.each(cases)('of %j over %j', async (shape, axis) => {
    for (const keepDims of [false, true]) {
      await expectLikeCpu((x) => tf[name](x, axis, keepDims), [floats(shape)], { rtol: 1e-4 });
    }
  });
  it('of int32', () => expectLikeCpu((x) => tf[name](x, 1), [integers([3, 4], -4, 4)]));
  it('of bools', () => expectLikeCpu((x) => tf[name](x, 1), [booleans([3, 4])]));
  it('of NaN', () => expectLikeCpu((x) => tf[name](x), [plain([1, NaN, 3])]));
  it('of nothing', () => expectLikeCpu((x) => tf[name](x, 0), [floats([0, 3])]));
});

// tfjs-core's own gradient of prod needs the chained methods of its union package.
it.each(['sum', 'mean', 'max', 'min'] as const)('gradient of %s', async (name) => {
  await expectGradientLikeCpu((x) => tf[name](x, 1), [floats([3, 4])], { rtol: 1e-4 });
  await expectGradientLikeCpu((x) => tf[name](x), [floats([2, 3])], { rtol: 1e-4 });
  await expectGradientLikeCpu((x) => tf[name](x, 0, true), [floats([2, 3])], { rtol: 1e-4 });
});
it('has no gradient of prod without the chained methods, on either backend', async () => {
  for (const backend of ['cpu', 'onnx']) {
    await tf.setBackend(backend);
    const x = tf.tensor1d([2, 3]);
    expect(() => tf.grad((y) => tf.prod(y))(x)).toThrow(/reshape is not a function/);
    x.dispose();
  }
});

describe('arg reductions', () => {
  it.each(['argMax', 'argMin'] as const)('%s', async (name) => {
    await expectLikeCpu((x) => tf[name](x, 1), [floats([3, 7])]);
    await expectLikeCpu((x) => tf[name](x, 0), [integers([5, 4], 0, 2)]);
    await expectLikeCpu((x) => tf[name](x, -1), [plain([1, NaN, 3, 3, NaN], [1, 5])]);
    await expectLikeCpu((x) => tf[name](x), [plain([NaN, 1, 5])]);
  });
});

describe('softmax and others along an axis', () => {
  it.each([[[4]], [[3, 5]], [[2, 3, 1]], [[2, 2, 3, 4]]])('softmax of %j', async (shape) => {
    await expectLikeCpu((x) => tf.softmax(x), [floats(shape, 9)]);
    await expectLikeCpu((x) => tf.logSoftmax(x), [floats(shape, 9)]);
    await expectGradientLikeCpu((x) => tf.softmax(x), [floats(shape)]);
    await expectGradientLikeCpu((x) => tf.logSoftmax(x), [floats(shape)]);
  });
  it('logSumExp', async () => {
    await expectLikeCpu((x) => tf.logSumExp(x, 1), [floats([3, 5], 50)]);
    await expectGradientLikeCpu((x) => tf.logSumExp(x, 1), [floats([3, 5])]);
  });
  it('cumsum', async () => {
    for (const exclusive of [false, true]) {
      for (const reverse of [false, true]) {
        await expectLikeCpu((x) => tf.cumsum(x, 1, exclusive, reverse), [floats([3, 5])]);
        await expectLikeCpu((x) => tf.cumsum(x, 0, exclusive, reverse), [integers([3, 5])]);
      }
    }
    await expectGradientLikeCpu((x) => tf.cumsum(x, 1), [floats([3, 5])]);
  });
  it('all and any', async () => {
    for (const axis of [undefined, 0, [0, 1]]) {
      await expectLikeCpu((x) => tf.all(x, axis), [booleans([3, 2])]);
      await expectLikeCpu((x) => tf.any(x, axis, true), [booleans([3, 2])]);
    }
  });
  it('moments and norm', async () => {
    await expectLikeCpu((x) => tf.moments(x, [0, 1]).variance, [floats([4, 3, 2])], { rtol: 1e-4 });
    await expectGradientLikeCpu((x) => tf.norm(x), [floats([4, 3])]);
  });
});
