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

const any = [
  'abs',
  'atan',
  'asinh',
  'ceil',
  'cos',
  'cosh',
  'elu',
  'erf',
  'exp',
  'expm1',
  'floor',
  'leakyRelu',
  'neg',
  'relu',
  'relu6',
  'round',
  'selu',
  'sigmoid',
  'sign',
  'sin',
  'sinh',
  'softplus',
  'square',
  'tan',
  'tanh',
  'step',
  'logSigmoid',
] as const;
const predicates = ['isFinite', 'isInf', 'isNaN'] as const;
const positive = ['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal'] as const;
const withinOne = ['acos', 'asin', 'atanh'] as const;
const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 1.5, 2.5, -0.5, -1.5, 1e-6, 30, -30];
const shapes = [[], [5], [1, 4], [2, 3, 1, 2], [0, 3]];

describe.each([...any, ...predicates])('%s', (name) => {
  it.each(shapes.map((shape) => [shape]))('values over shape %j', async (shape) => {
    await expectLikeCpu((x) => tf[name](x), [floats(shape, 3)]);
  });
  it('special values', () => expectLikeCpu((x) => tf[name](x), [plain(special)], { rtol: 2e-5 }));
});

it.each(any)('gradient of %s', (name) =>
  expectGradientLikeCpu((x) => tf[name](x), [floats([3, 4], 3)], { rtol: 1e-4 }),
);
it.each(predicates)('gradient of %s: none', (name) =>
  expectGradientLikeCpu((x) => tf.cast(tf[name](x), 'float32'), [floats([3, 4], 3)]),
);

describe.each(positive)('%s', (name) => {
  it('values', () => expectLikeCpu((x) => tf[name](x), [floats([4, 5], 1, 1.01)]));
  it('special values', () => expectLikeCpu((x) => tf[name](x), [plain(special)]));
  it('gradient', () => expectGradientLikeCpu((x) => tf[name](x), [floats([7], 1, 1.5)]));
});

describe.each(withinOne)('%s', (name) => {
  it('values', () => expectLikeCpu((x) => tf[name](x), [floats([9], 0.99)]));
  it('gradient', () =>
    expectGradientLikeCpu((x) => tf[name](x), [floats([9], 0.9)], { rtol: 1e-4 }));
});

describe('integers and bools', () => {
  it.each(['abs', 'neg', 'relu', 'square', 'sign', 'relu6', 'exp'] as const)(
    '%s of int32',
    (name) => expectLikeCpu((x) => tf[name](x), [integers([3, 5])]),
  );
  it('exp of integers, to the last bit', () =>
    expectLikeCpu((x) => tf.exp(x), [plain([-20, 0, 1, 10, 17, 80], [6], 'int32')], { rtol: 0 }));
  it('tan near its poles', () =>
    expectLikeCpu((x) => tf.tan(x), [plain([1.5707, 1.5709, -4.7123, 1e4])], { rtol: 1e-7 }));
  it('acosh', () => expectLikeCpu((x) => tf.acosh(x), [floats([5], 1, 3)]));
  it('logicalNot', () => expectLikeCpu((x) => tf.logicalNot(x), [booleans([6])]));
  it.each([
    ['float32', 'int32'],
    ['float32', 'bool'],
    ['int32', 'float32'],
    ['int32', 'bool'],
    ['bool', 'float32'],
    ['bool', 'int32'],
  ] as const)('cast %s to %s', async (from, to) => {
    const input =
      from === 'float32'
        ? plain([...special, 2.9, -2.9])
        : from === 'int32'
          ? integers([7])
          : booleans([7]);
    await expectLikeCpu((x) => tf.cast(x, to), [input]);
  });
  it('clipByValue', async () => {
    await expectLikeCpu((x) => tf.clipByValue(x, -1, 0.5), [floats([3, 4])]);
    await expectLikeCpu((x) => tf.clipByValue(x, -2, 3), [integers([3, 4])]);
    await expectGradientLikeCpu((x) => tf.clipByValue(x, -1, 0.5), [floats([3, 4])]);
  });
});
