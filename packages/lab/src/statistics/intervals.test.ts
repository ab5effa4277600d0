import { foldIn, key, normalArray } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { bootstrapInterval, tInterval, type BootstrapOptions } from './intervals';

describe('tInterval', () => {
  it('equals SciPy’s', () => {
    for (const { values, interval } of fixture.intervals) {
      const result = tInterval(values);
      expect(result.interval![0]).toBeCloseTo(interval[0]!, 10);
      expect(result.interval![1]).toBeCloseTo(interval[1]!, 10);
    }
  });

  it('refuses one value and NaN', () => {
    expect(() => tInterval([1])).toThrow(/too few/);
    expect(() => tInterval([1, Number.NaN])).toThrow(/not finite/);
    expect(() => tInterval([1, 2], 1)).toThrow(/confidence/);
  });
});

it('equal values do not tell their spread', () => {
  expect(tInterval([3, 3, 3])).toEqual({ mean: 3, interval: null });
  expect(bootstrapInterval([3, 3], { key: key(1) })).toEqual({ mean: 3, interval: null });
});

describe('bootstrapInterval', () => {
  it('comes near the t interval of many values', () => {
    const values = normalArray(key(1), 400);
    const [t, bootstrap] = [tInterval(values), bootstrapInterval(values, { key: key(2) })];
    expect(bootstrap.mean).toBe(t.mean);
    expect(Math.abs(bootstrap.interval![0] - t.interval![0])).toBeLessThan(0.01);
    expect(Math.abs(bootstrap.interval![1] - t.interval![1])).toBeLessThan(0.01);
  });

  it('is a function of its key', () => {
    const values = normalArray(key(1), 20);
    const at = (seed: number) => bootstrapInterval(values, { key: key(seed), resamples: 500 });
    expect(at(3)).toEqual(at(3));
    expect(at(3)).not.toEqual(at(4));
  });

  it('covers the truth about as often as it says at another confidence', () => {
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const values = normalArray(foldIn(key(10), trial), 4);
      const options = { key: key(trial), resamples: 400, confidence: 0.99 };
      const [low, high] = bootstrapInterval(values, options).interval!;
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.975);
  });

  it.each([1, 99, 1e7, 100.5])('refuses %d resamples', (resamples) => {
    expect(() => bootstrapInterval([1, 2], { key: key(1), resamples })).toThrow(/"resamples"/);
  });

  it.each([5, 50])('covers the truth about as often as it says, of %i values', (count) => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const values = normalArray(foldIn(key(9), trial), count);
      const [low, high] = bootstrapInterval(values, { key: key(trial), resamples: 400 }).interval!;
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered).toBeGreaterThan(180);
    expect(covered).toBeLessThan(199);
  });
});

testOptions(
  'bootstrapInterval',
  (options: BootstrapOptions) => bootstrapInterval([1, 2], options),
  { describe, it },
  { required: { key: key(1) } },
);
