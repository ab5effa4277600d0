import { tensor4d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { gridFeatures } from './grid';

it('takes the places row by row, and their mean', () => {
  tidy(() => {
    const grid = tensor4d([1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60], [1, 3, 2, 2]);
    const { tokens, mask, pooled } = gridFeatures(grid);
    expect(tokens.shape).toEqual([1, 6, 2]);
    expect([...tokens.dataSync()]).toEqual([...grid.dataSync()]);
    expect([...mask.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...pooled.dataSync()]).toEqual([3.5, 35]);
  });
});
