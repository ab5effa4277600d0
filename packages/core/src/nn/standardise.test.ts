import { mean, square, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { key, normal } from '../keys';
import { assertGradientsMatch } from '../testing/finite-differences';
import { weighedSum } from '../testing/gradients';
import { standardise } from './standardise';

describe('standardise', () => {
  it('gives mean 0 and variance 1, and the statistics it removed', () => {
    tidy(() => {
      const x = tensor2d([
        [1, 2, 3, 6],
        [-4, 0, 0, 4],
      ]);
      const { value, average, variance } = standardise(x, [1], 0);
      expect(Array.from(average.dataSync())).toEqual([3, 0]);
      expect(Array.from(variance.dataSync())).toEqual([3.5, 8]);
      for (const number of mean(value, 1).dataSync()) expect(number).toBeCloseTo(0, 6);
      for (const number of mean(square(value), 1).dataSync()) expect(number).toBeCloseTo(1, 6);
    });
  });

  it.each([[[0]], [[1]], [[0, 1]]])(
    'has the gradient of finite differences over axes %j',
    (axes) => {
      tidy(() => {
        const x = normal(key(3), [4, 5]);
        assertGradientsMatch(
          (point) => weighedSum(key(1), [standardise(point['x']!, axes, 1e-5).value]),
          { x },
          key(2),
        );
      });
    },
  );

  it('stays exact when the mean is far larger than the spread', () => {
    tidy(() => {
      const { variance } = standardise(tensor2d([[10000, 10001, 10002]]), [1], 0);
      expect(variance.dataSync()[0]).toBeCloseTo(2 / 3, 4);
    });
  });
});
