import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { minimumDetectableEffect } from './power';

describe('minimumDetectableEffect', () => {
  it('comes near the exact non-central solution', () => {
    for (const [count, standardDeviation, exact] of fixture.detectable) {
      const effect = minimumDetectableEffect({
        count: count!,
        standardDeviation: standardDeviation!,
      });
      expect(Math.abs(effect / exact! - 1)).toBeLessThan(count! < 6 ? 0.06 : 0.01);
    }
  });

  it('refuses one pair', () => {
    expect(() => minimumDetectableEffect({ count: 1, standardDeviation: 1 })).toThrow(/count/);
  });
});

testOptions(
  'minimumDetectableEffect',
  minimumDetectableEffect,
  { describe, it },
  { required: { standardDeviation: 1, count: 3 } },
);
