import { foldIn, key, normalArray, type Key } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { crossedEstimate } from './crossed';
import type { BootstrapOptions } from './intervals';
import { pairedBootstrap, pairedDifferences, pairedPermutation } from './paired';
import { drawArms } from './simulate.testing';

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
    const ratio = width(bootstrap.interval!) / width(analytic.ci95!);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(2);
    expect(bootstrap.p).toBeLessThan(0.05);
  });

  it('is a function of its key, and says nothing of arms that are one', () => {
    const options = { key: key(5), resamples: 200 };
    expect(pairedBootstrap(noise(1, 0), noise(2, 0), options)).toEqual(
      pairedBootstrap(noise(1, 0), noise(2, 0), options),
    );
    expect(pairedBootstrap(noise(1, 0), noise(1, 0), options)).toEqual({
      difference: 0,
      interval: null,
      p: null,
    });
  });

  it.each([3, 5])('finds no difference between %i trainings of one arm', (seeds) => {
    let found = 0;
    const situation = { seeds, queries: 100, seedSd: 1, level: 0 };
    for (let trial = 0; trial < 100; trial++) {
      const [a, b] = drawArms(foldIn(key(6), trial), situation, 2);
      if (pairedBootstrap(a!, b!, { key: key(trial), resamples: 300 }).p! < 0.05) found++;
    }
    expect(found).toBeLessThanOrEqual(11);
  });

  it('refuses arms over different queries', () => {
    const options = { key: key(0) };
    expect(() => pairedBootstrap([[1, 2]], [[1]], options)).toThrow(/same seeds and queries/);
    const two = noise(1, 0).slice(0, 2);
    expect(() => pairedBootstrap(two, two, options)).toThrow(/too few seeds/);
  });
});

describe('pairedDifferences', () => {
  it('does not take rounding for a difference', () => {
    expect([...pairedDifferences('test', [[0.1 + 0.2, 1]], [[0.3, 0.5]])[0]!]).toEqual([0, 0.5]);
  });
});

const rows = noise(1, 0).slice(0, 3);
testOptions(
  'pairedBootstrap',
  (options: BootstrapOptions) => pairedBootstrap(rows, rows, options),
  { describe, it },
  { required: { key: key(1) } },
);
testOptions(
  'pairedPermutation',
  (options: { key: Key; resamples?: number }) => pairedPermutation(rows, rows, options),
  { describe, it },
  { required: { key: key(1) } },
);
