import { tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { key } from '../keys';
import { valuesOf } from '../testing/compare';
import { expectFixture, loadFixture } from '../testing/fixtures';
import { assertNoLeak } from '../testing/leaks';
import { embedding, initEmbedding } from './embedding';

const fixture = loadFixture(new URL('../../fixtures/nn.json', import.meta.url));

describe('embedding', () => {
  it("has PyTorch's values, and gradients that add up for repeated ids", () => {
    tidy(() => {
      expectFixture(fixture.case('embedding'), (params, { ids }) => ({
        y: embedding(params, 'layer', ids!),
      }));
    });
  });

  it('takes ids of any rank and leaks nothing', () => {
    const params = initEmbedding(key(0), 'e', { count: 5, dim: 2 });
    const ids = [tensor1d([4], 'int32'), tensor2d([[0, 1, 0]], [1, 3], 'int32')];
    assertNoLeak('embedding', [...ids, ...Object.values(params)], () =>
      ids
        .map((each) => {
          const rows = embedding(params, 'e', each);
          expect(rows.shape).toEqual([...each.shape, 2]);
          return rows;
        })
        .flatMap((rows) => [rows]),
    );
  });

  it('refuses ids that are not whole numbers', () => {
    tidy(() => {
      const params = initEmbedding(key(0), 'e', { count: 5, dim: 2 });
      expect(() => embedding(params, 'e', tensor1d([0.5]))).toThrow(ShapeError);
    });
  });
});

describe('initEmbedding', () => {
  it('draws from a normal distribution of the given spread', () => {
    tidy(() => {
      for (const standardDeviation of [1, 0.02]) {
        const params = initEmbedding(key(0), 'e', { count: 100, dim: 100, standardDeviation });
        const values = valuesOf(params['e.weight']!);
        const spread = Math.sqrt(values.reduce((total, v) => total + v * v, 0) / values.length);
        expect(spread / standardDeviation).toBeGreaterThan(0.97);
        expect(spread / standardDeviation).toBeLessThan(1.03);
      }
    });
  });
});
