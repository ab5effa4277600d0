import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { hostValue } from '@crossweave/core';
import { crossEntropy, diagonal } from './softmax';

const values = (x: { dataSync(): ArrayLike<number> }): number[] => Array.from(x.dataSync());

it('is the cross entropy of soft targets, finite at huge logits', () =>
  tidy(() => {
    const targets = tensor2d([0.5, 0.5, 0, 1], [2, 2]);
    const at = (logits: number[]): number =>
      values(crossEntropy(tensor2d(logits, [2, 2]), targets, hostValue([true, true])))[0]!;
    expect(at([0, 0, 0, 0])).toBeCloseTo(Math.LN2, 6);
    expect(at([1e4, -1e4, 0, 0])).toBeCloseTo((1e4 + Math.LN2) / 2, 0);
    const logits = tensor2d([9, 9, 0, 0], [2, 2]);
    expect(values(crossEntropy(logits, targets, hostValue([false, true])))[0]).toBeCloseTo(
      Math.LN2,
      6,
    );
    expect(values(crossEntropy(logits, targets, hostValue([false, false]))).map(Math.abs)).toEqual([
      0,
    ]);
  }));

it('takes the diagonal', () =>
  tidy(() => {
    expect(values(diagonal(tensor2d([1, 2, 3, 4], [2, 2])))).toEqual([1, 4]);
  }));
