import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import {
  booleans,
  expectGradientLikeCpu,
  expectLikeCpu,
  floats,
  integers,
  plain,
} from '../../test/against-cpu';
import '../register';

const arithmetic = [
  'add',
  'sub',
  'mul',
  'div',
  'floorDiv',
  'mod',
  'maximum',
  'minimum',
  'squaredDifference',
  'atan2',
] as const;
const comparisons = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const;
const shapePairs = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [[], [2, 3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [
    [0, 3],
    [1, 3],
  ],
  [[1], [5]],
] as const;
const pairs = (values: readonly number[]) => {
  const left = values.flatMap((v) => values.map(() => v));
  return [plain(left), plain(values.flatMap(() => values))];
};
const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2.5, -3.5];

describe.each(arithmetic)('%s', (name) => {
  it.each(shapePairs)('values over %j and %j', (a, b) =>
    expectLikeCpu((x, y) => tf[name](x, y), [floats(a), floats(b)], { rtol: 1e-4, atol: 1e-5 }),
  );
  it('special values', () => {
    const values = name === 'atan2' ? special.filter((v) => !Object.is(v, -0)) : special;
    return expectLikeCpu((x, y) => tf[name](x, y), pairs(values));
  });
  it('int32', () =>
    expectLikeCpu((x, y) => tf[name](x, y), [integers([40]), integers([40], 1, 7)]));
  it('int32 with negative divisors and zeros', () =>
    expectLikeCpu((x, y) => tf[name](x, y), [integers([60]), integers([60], -3, 3)]));
  it.each([
    [
      [3, 4],
      [3, 4],
    ],
    [[3, 4], [4]],
    [
      [2, 1],
      [2, 3],
    ],
    [[], [2]],
  ])('gradient over %j and %j', (a, b) =>
    expectGradientLikeCpu((x, y) => tf[name](x, y), [floats(a), floats(b, 1, 2.5)], { rtol: 1e-4 }),
  );
});

describe.each(comparisons)('%s', (name) => {
  it.each(shapePairs)('over %j and %j', (a, b) =>
    expectLikeCpu((x, y) => tf[name](x, y), [integers(a, 0, 2), integers(b, 0, 2)]),
  );
  it('special values', () => expectLikeCpu((x, y) => tf[name](x, y), pairs(special)));
  it('bools', () => expectLikeCpu((x, y) => tf[name](x, y), [booleans([9]), booleans([9])]));
});

describe('logical, pow, select', () => {
  it.each(['logicalAnd', 'logicalOr', 'logicalXor'] as const)('%s', (name) =>
    expectLikeCpu((x, y) => tf[name](x, y), [booleans([3, 1]), booleans([1, 5])]),
  );
  it('pow', async () => {
    await expectLikeCpu((x, y) => tf.pow(x, y), [floats([4, 3], 1, 1.5), floats([3])]);
    await expectLikeCpu((x, y) => tf.pow(x, y), [integers([8], -5, 5), integers([8], 0, 4)]);
    await expectGradientLikeCpu((x, y) => tf.pow(x, y), [floats([4, 3], 1, 1.5), floats([3])]);
  });
  it('where', async () => {
    const pick = (c: tf.Tensor, x: tf.Tensor, y: tf.Tensor) => tf.where(c, x, y);
    await expectLikeCpu(pick, [booleans([3, 4]), floats([3, 4]), floats([3, 4])]);
    await expectLikeCpu(pick, [booleans([3, 4]), integers([3, 4]), integers([3, 4])]);
    await expectLikeCpu(pick, [booleans([3, 4]), booleans([3, 4]), booleans([3, 4])]);
    await expectGradientLikeCpu(
      (x, y) => tf.where(tf.tensor1d([1, 0, 1], 'bool'), x, y),
      [floats([3]), floats([3])],
    );
  });
  it('prelu', async () => {
    await expectLikeCpu((x, y) => tf.prelu(x, y), [floats([3, 4]), floats([4])]);
    await expectGradientLikeCpu((x, y) => tf.prelu(x, y), [floats([3, 4]), floats([4])]);
  });
  it('addN', () =>
    expectLikeCpu(
      (x, y, z) => tf.addN([x, y, z]),
      [floats([2, 3]), floats([2, 3]), floats([2, 3])],
    ));
  it('neutral elements keep shape and value', async () => {
    const programs: ((x: tf.Tensor) => tf.Tensor)[] = [
      (x) => tf.mul(x, tf.ones([300, 2])),
      (x) => tf.mul(tf.ones([300, 2]), x),
      (x) => tf.add(x, tf.zeros([300, 2])),
      (x) => tf.sub(x, tf.zeros([300, 2])),
      (x) => tf.div(x, tf.ones([300, 2])),
      (x) => tf.sub(tf.zeros([300, 2]), x),
    ];
    for (const program of programs) await expectLikeCpu(program, [floats([2])]);
  });
});
