import { tensor2d, tensor3d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { summaryReading, type Summary } from './summary';

it('reads the first token or the mean of the real ones', () =>
  tidy(() => {
    const tokens = tensor3d([1, 2, 3, 4, 5, 6], [2, 3, 1]);
    const mask = tensor2d([1, 1, 0, 1, 1, 1], [2, 3]);
    const read = (summary: Summary): number[] => [
      ...summaryReading(summary).of({ tokens, mask }).dataSync(),
    ];
    expect(read('first')).toEqual([1, 4]);
    expect(read('mean')).toEqual([1.5, 5]);
  }));

it('says how many tokens a last layer must compute for it', () => {
  expect(summaryReading('first').keep).toBe(1);
  expect(summaryReading('mean').keep).toBe(undefined);
});
