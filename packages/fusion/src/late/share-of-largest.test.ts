import { grad, mul, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { shareOfLargest } from './share-of-largest';

const x = () =>
  tensor2d([
    [3, 1, 3],
    [0, 2, 1],
    [3, 2, 1],
  ]);

it('is shared by equal largest values, along either axis', () =>
  tidy(() => {
    expect(shareOfLargest(x(), 1).arraySync()).toEqual([
      [0.5, 0, 0.5],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect(shareOfLargest(x(), 0).arraySync()).toEqual([
      [0.5, 0, 1],
      [0, 0.5, 0],
      [0.5, 0.5, 0],
    ]);
  }));

it('lets no gradient pass through the shares', () =>
  tidy(() => {
    const slope = grad((value) => sum(mul(shareOfLargest(value, 1), value)))(x());
    expect(slope.arraySync()).toEqual(shareOfLargest(x(), 1).arraySync());
  }));
