import {
  max,
  memory,
  mul,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  type Scalar,
} from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { key, normal } from '../keys';
import { assertGradientsMatch, expectClose, gradientsAt } from '../testing';
import { weighedSum } from '../testing/gradients';
import { amax } from './amax';

it('gives the values of max over any axes', () => {
  const before = memory().numTensors;
  tidy(() => {
    const x = normal(key(1), [2, 3, 4]);
    for (const axis of [undefined, 0, 2, -1, [0, 2]]) {
      for (const keepDims of [false, true]) {
        expectClose(amax(x, axis, keepDims), max(x, axis, keepDims));
      }
    }
  });
  expect(memory().numTensors).toBe(before);
});

it('has the gradient of finite differences where nothing ties', () =>
  tidy(() => {
    const x = normal(key(2), [3, 4, 2]);
    for (const axis of [1, [0, 2]]) {
      assertGradientsMatch(({ x: at }) => weighedSum(key(3), [amax(at!, axis)]), { x }, key(4));
    }
  }));

it('shares the gradient among those that tie', () =>
  tidy(() => {
    const x = tensor2d([
      [1, 5, 5, 5],
      [2, 0, 1, 1],
    ]);
    const { x: gradient } = gradientsAt(
      ({ x: at }) => sum<Scalar>(mul(amax(at!, 1), tensor1d([3, 7]))),
      { x },
    );
    expectClose(
      gradient!,
      tensor2d([
        [0, 1, 1, 1],
        [7, 0, 0, 0],
      ]),
    );
  }));
