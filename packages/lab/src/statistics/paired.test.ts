import { foldIn, key, normalArray } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { crossedEstimate } from './crossed';
import { pairedBootstrap, pairedDifferences, pairedPermutation } from './paired';

const noise = (seed: number, shift: number): Float64Array[] =>
  Array.from({ length: 8 }, (_, s) =>
    Float64Array.from(normalArray(foldIn(key(seed), s), 60), (value) => value + shift),
  );

describe('pairedPermutation', () => {
  it('has SciPy’s exact p', () => {
    const { differences, p } = fixture.permutation;
    const zeros = differences.map(() => 0);
    const result = pairedPermutation([differences], [zeros], { key: key(0) });
    expect(result.p).toBeCloseTo(p, 12);
    expect(pairedPermutation([zeros], [zeros], { key: key(0) }).p).toBe(1);
  });

  it('finds a shift in many queries and none in noise', () => {
    const options = { key: key(4), resamples: 2000 };
    expect(pairedPermutation(noise(1, 0.5), noise(2, 0), options).p).toBeLessThan(0.01);
    expect(pairedPermutation(noise(1, 0), noise(2, 0), options).p).toBeGreaterThan(0.01);
  });
});

describe('pairedBootstrap', () => {
  it('agrees with the analysis of variance', () => {
    const [a, b] = [noise(1, 0.3), noise(2, 0)];
    const bootstrap = pairedBootstrap(a, b, { key: key(5), resamples: 4000 });
    const analytic = crossedEstimate(pairedDifferences('test', a, b));
    expect(bootstrap.difference).toBeCloseTo(analytic.mean, 12);
    const width = ([low, high]: readonly [number, number]) => high - low;
    const ratio = width(bootstrap.interval) / width(analytic.ci95);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(2);
    expect(bootstrap.p).toBeLessThan(0.05);
  });

  it('is a function of its key, and certain of equal arms', () => {
    const options = { key: key(5), resamples: 200 };
    expect(pairedBootstrap(noise(1, 0), noise(2, 0), options)).toEqual(
      pairedBootstrap(noise(1, 0), noise(2, 0), options),
    );
    expect(pairedBootstrap(noise(1, 0), noise(1, 0), options)).toMatchObject({
      difference: 0,
      interval: [0, 0],
      p: 1,
    });
  });

  it('refuses arms over different queries', () => {
    expect(() => pairedBootstrap([[1, 2]], [[1]], { key: key(0) })).toThrow(
      /same seeds and queries/,
    );
  });
});
