import { grad, mul, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { largest, shareOfLargest } from './largest';

const x = () =>
  tensor2d([
    [3, 1, 3],
    [0, 2, 1],
    [3, 2, 1],
  ]);

it('is the largest value along an axis, which stays', () =>
  tidy(() => {
    expect(largest(x(), 1).arraySync()).toEqual([[3], [2], [3]]);
    expect(largest(x(), 0).arraySync()).toEqual([[3, 2, 3]]);
  }));

it('shares the gradient among equal ones, so that it sums to one', () =>
  tidy(() => {
    const shares = [
      [0.5, 0, 0.5],
      [0, 1, 0],
      [1, 0, 0],
    ];
    expect(shareOfLargest(x(), 1).arraySync()).toEqual(shares);
    const slope = (axis: number) =>
      grad((value) => sum(mul(largest(value, axis), 2)))(x()).arraySync();
    expect(slope(1)).toEqual(shares.map((row) => row.map((share) => 2 * share)));
    expect(slope(0)).toEqual([
      [1, 0, 2],
      [0, 1, 0],
      [1, 1, 0],
    ]);
  }));

it('lets no gradient pass through the shares', () =>
  tidy(() => {
    const slope = grad((value) => sum(mul(shareOfLargest(value, 1), value)))(x());
    expect(slope.arraySync()).toEqual(shareOfLargest(x(), 1).arraySync());
  }));
