import { grad, mul, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import './index';
import { repeatRows } from './repeat-rows';

it('repeats every row, and sums the gradients of its copies', () =>
  tidy(() => {
    const x = tensor2d([
      [1, 2],
      [3, 4],
    ]);
    expect(repeatRows(x, 3).arraySync()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [3, 4],
      [3, 4],
      [3, 4],
    ]);
    expect(repeatRows(x, 1)).toBe(x);
    const weights = tensor2d([1, 1, 2, 2, 3, 3, 4, 4], [4, 2]);
    const slope = grad((at) => sum(mul(repeatRows(at, 2), weights)))(x);
    expect([...slope.dataSync()]).toEqual([3, 3, 7, 7]);
  }));
