import { greater, memory, mul, sqrt, square, sum, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { assertGradientsMatch, expectClose, gradientsAt } from '../testing';
import { key } from '../keys';
import { select } from './select';

it('chooses by place, broadcasts, and leaves out what is not a number', () => {
  const before = memory().numTensors;
  tidy(() => {
    const chosen = select(tensor1d([1, 0, 2]), tensor1d([1, NaN, 3]), tensor1d([NaN, 5, NaN]));
    expectClose(chosen, tensor1d([1, 5, 3]));
    const wide = select<Tensor1D>(tensor1d([1, 0]), tensor1d([7, 7]), 2);
    expectClose(wide, tensor1d([7, 2]));
  });
  expect(memory().numTensors).toBe(before);
});

it('has the gradient of what was chosen, with a condition on the variable itself', () => {
  const x = tensor1d([-2, -0.5, 0.5, 2]);
  assertGradientsMatch(
    ({ x: at }) => sum<Scalar>(select(greater(at!, 0), square(at!), mul(at!, 3))),
    { x },
    key(1),
  );
});

it('keeps a root finite at 0 when its argument is guarded', () =>
  tidy(() => {
    const x = tensor1d([0, 4]);
    const { x: gradient } = gradientsAt(
      ({ x: at }) => {
        const positive = greater(at!, 0);
        const root = sqrt(select(positive, at!, 1));
        return sum<Scalar>(select(positive, root, 0));
      },
      { x },
    );
    expectClose(gradient!, tensor1d([0, 0.25]));
  }));
