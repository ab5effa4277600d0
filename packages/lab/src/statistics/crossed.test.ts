import { foldIn, key, normalArray } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { crossedEstimate } from './crossed';
import { tInterval } from './intervals';

/** Outcomes with a seed effect, a query effect and their interaction, all of mean 0. */
function simulate(trial: number, seeds: number, queries: number, seedSd: number): Float64Array[] {
  const from = foldIn(key(21), trial);
  const bySeed = normalArray(foldIn(from, 'seed'), seeds);
  const byQuery = normalArray(foldIn(from, 'query'), queries);
  return Array.from({ length: seeds }, (_, s) => {
    const rest = normalArray(foldIn(from, s), queries);
    return Float64Array.from(rest, (value, q) => value + byQuery[q]! + seedSd * bySeed[s]!);
  });
}

describe('crossedEstimate', () => {
  it('is the paired t-test over seeds when queries agree', () => {
    for (const { a, b, p } of fixture.paired) {
      const differences = a.map((value, i) => [value - b[i]!, value - b[i]!]);
      const result = crossedEstimate(differences);
      expect(result.p).toBeCloseTo(p, 9);
      const { interval } = tInterval(differences.map((row) => row[0]!));
      expect(result.ci95[0]).toBeCloseTo(interval[0], 10);
      expect(result.ci95[1]).toBeCloseTo(interval[1], 10);
    }
  });

  it('is the t interval over queries when there is one seed', () => {
    const values = fixture.intervals[3]!;
    const { ci95 } = crossedEstimate([values.values]);
    expect(ci95[0]).toBeCloseTo(values.interval[0]!, 10);
    expect(ci95[1]).toBeCloseTo(values.interval[1]!, 10);
  });

  it.each([
    [3, 0.0],
    [3, 0.3],
    [5, 0.1],
  ])('covers the truth in about 95 of 100 trials (%i seeds, seed effect %f)', (seeds, sd) => {
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const [low, high] = crossedEstimate(simulate(trial, seeds, 100, sd)).ci95;
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.93);
  });

  it('has a p that agrees with its interval', () => {
    for (let trial = 0; trial < 40; trial++) {
      const { ci95, p } = crossedEstimate(simulate(trial, 3, 30, 0.3));
      expect(p < 0.05).toBe(ci95[0] > 0 || ci95[1] < 0);
    }
  });

  it('is certain of constants', () => {
    expect(
      crossedEstimate([
        [0, 0],
        [0, 0],
      ]),
    ).toMatchObject({ mean: 0, ci95: [0, 0], p: 1 });
    expect(
      crossedEstimate([
        [1, 1],
        [1, 1],
      ]),
    ).toMatchObject({ mean: 1, ci95: [1, 1], p: 0 });
  });

  it('refuses ragged rows and a single outcome', () => {
    expect(() => crossedEstimate([[1, 2], [1]])).toThrow(/different queries/);
    expect(() => crossedEstimate([[1]])).toThrow(/no interval/);
  });
});
