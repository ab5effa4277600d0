import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { mean, median, quantile, sampleVariance, standardDeviation } from './moments';

describe('moments', () => {
  it('have the values of NumPy', () => {
    for (const { values, sd } of fixture.intervals) {
      expect(standardDeviation(values)).toBeCloseTo(sd, 12);
    }
    expect(mean([1, 2, 6])).toBe(3);
    expect(sampleVariance([1, 2, 6])).toBe(7);
    expect(median([9, 1, 4, 2])).toBe(3);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
  });

  it('refuse what has no value', () => {
    expect(() => mean([])).toThrow(/too few/);
    expect(() => sampleVariance([3])).toThrow(/too few/);
    expect(() => quantile([1, 2], 1.5)).toThrow(/"probability".*in \[0, 1\]/);
    expect(() => mean([1, Infinity])).toThrow(/not finite/);
    for (const given of [new Set([1, 2]), 5, undefined, '12', { length: 0 }]) {
      for (const figure of [mean, median, sampleVariance, standardDeviation]) {
        expect(() => figure(given as never)).toThrow(/"values".*a list of numbers/);
      }
    }
  });
});
