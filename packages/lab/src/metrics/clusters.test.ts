import { describe, expect, it } from 'vitest';
import { clusterOutcomes } from './clusters';

describe('clusterOutcomes', () => {
  it('keeps the mean over queries', () => {
    const values = clusterOutcomes([1, 0, 0, 1, 1], ['a', 'a', 'a', 'b', 'c']);
    expect(values).toHaveLength(3);
    expect(values.reduce((a, b) => a + b) / 3).toBeCloseTo(3 / 5, 12);
  });

  it('is the clusters’ means when they are of one size', () => {
    expect(clusterOutcomes([1, 0, 1, 1], ['a', 'a', 'b', 'b'])).toEqual([0.5, 1]);
  });
});
