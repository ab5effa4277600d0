import { foldIn, key, normalArray } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { scaleOf } from '../metrics/scale';
import { crossedEstimate, type CrossedOptions, type Interval } from './crossed';
import { tInterval } from './intervals';
import { pairedDifferences } from './paired';
import { drawArms, trueShare, type Situation } from './simulate.testing';

const shares: CrossedOptions = { range: [0, 1] };
const differences: CrossedOptions = { range: [-1, 1] };
const width = ([low, high]: Interval) => high - low;

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
      const rows = a.map((value, i) => [value - b[i]!, value - b[i]!]);
      const result = crossedEstimate(rows);
      expect(result.p).toBeCloseTo(p, 9);
      const { interval } = tInterval(rows.map((row) => row[0]!));
      expect(result.ci95![0]).toBeCloseTo(interval![0], 10);
      expect(result.ci95![1]).toBeCloseTo(interval![1], 10);
    }
  });

  it('says nothing of seeds where there is one: the interval is over queries, without a p', () => {
    const { values, interval } = fixture.intervals[3]!;
    const { ci95, p, standardError, queryInterval } = crossedEstimate([values]);
    expect([ci95, p, standardError]).toEqual([null, null, null]);
    expect(queryInterval![0]).toBeCloseTo(interval[0]!, 10);
    expect(queryInterval![1]).toBeCloseTo(interval[1]!, 10);
  });

  it.each([
    [3, 0.0],
    [3, 0.3],
    [5, 0.1],
  ])('covers the truth, and no more than it must (%i seeds, seed effect %f)', (seeds, sd) => {
    const trials = 200;
    const [queries, quantile] = [100, { 3: 4.303, 5: 2.776 }[seeds]!];
    const found = Array.from({ length: trials }, (_, trial) =>
      crossedEstimate(simulate(trial, seeds, queries, sd)),
    );
    const covered = found.filter(({ ci95 }) => ci95![0] <= 0 && ci95![1] >= 0).length;
    expect(covered / trials).toBeGreaterThan(0.93);
    const error = Math.sqrt(1 / queries + sd ** 2 / seeds + 1 / (seeds * queries));
    const mean = found.reduce((sum, { ci95 }) => sum + width(ci95!) / trials, 0);
    expect(mean / (2 * quantile * error)).toBeGreaterThan(0.85);
    expect(mean / (2 * quantile * error)).toBeLessThan(1.15);
  });

  it('has a p that agrees with its interval', () => {
    let significant = 0;
    for (let trial = 0; trial < 60; trial++) {
      const [a, b] = drawArms(key(trial), { seeds: 4, queries: 60, seedSd: 1, level: 0 }, 2);
      const rows = pairedDifferences('test', a!, b!);
      for (const result of [
        crossedEstimate(simulate(trial, 3, 30, 0.3)),
        crossedEstimate(rows, differences),
      ]) {
        expect(result.p! < 0.05).toBe(result.ci95![0] > 0 || result.ci95![1] < 0);
        if (result.p! < 0.05) significant++;
      }
    }
    expect(significant).toBeGreaterThan(0);
  });

  it('is never certain: two seeds with equal differences are two seeds', () => {
    // The second arm hits 18 of 500 queries more, the same ones under both seeds.
    const row = Array.from({ length: 500 }, (_, q) => (q < 18 ? 1 : 0));
    const { mean, ci95, p, queryInterval } = crossedEstimate([row, row], differences);
    expect(mean).toBeCloseTo(0.036, 12);
    expect(p).toBeGreaterThan(0.05);
    expect(ci95![0]).toBeLessThan(0);
    expect(ci95![1]).toBeGreaterThan(0.05);
    expect(ci95![1]).toBeLessThan(0.3);
    expect(queryInterval![0]).toBeGreaterThan(0);
    // Without outcomes of queries nothing tells the spread; rounding does not either.
    for (const figures of [
      [0.5 - 0.464, 0.036],
      [0.036, 0.036],
    ]) {
      const bare = crossedEstimate(figures.map((value) => [value]));
      expect([bare.ci95, bare.p, bare.queryInterval]).toEqual([null, null, null]);
    }
  });

  it.each([
    ['a difference of none', 0, differences],
    ['every query won', 1, differences],
    ['every hit', 1, shares],
    ['no hit', 0, shares],
    ['one half of all, by ties', 0.5, shares],
  ])('has a width where all outcomes are equal: %s', (_name, value, options) => {
    const row = new Array<number>(200).fill(value);
    for (const seeds of [1, 2, 3, 5]) {
      const result = crossedEstimate(new Array<number[]>(seeds).fill(row), options);
      const interval = (seeds === 1 ? result.queryInterval : result.ci95)!;
      expect(width(interval)).toBeGreaterThan(0.005);
      expect(interval[0]).toBeGreaterThanOrEqual(options.range![0]);
      expect(interval[1]).toBeLessThanOrEqual(options.range![1]);
      expect(interval[0] <= value && value <= interval[1]).toBe(true);
    }
    if (value === 0 && options === differences) {
      expect(crossedEstimate([row, row, row], options).p).toBe(1);
    }
  });

  it('gives ranks no interval below 1, and keeps its upper end', () => {
    const row = [1, 1, 8];
    const free = crossedEstimate([row], { resolution: 1 }).queryInterval!;
    const ranks = crossedEstimate([row], scaleOf('retrieval.i2t.meanRank', [[row]], 'mean'));
    expect(free[0]).toBeLessThan(0);
    expect(ranks.queryInterval).toEqual([1, free[1]]);
    const losses = crossedEstimate([row], scaleOf('classification.logLoss', [[row]], 'mean'));
    expect(losses.queryInterval![0]).toBe(0);
    // A difference of ranks may be negative.
    const difference = scaleOf('retrieval.i2t.meanRank', [[row], [row]], 'difference');
    expect(difference.least).toBeUndefined();
    expect(() => crossedEstimate([[0, 1]], { least: 1 })).toThrow(/below its "least"/);
  });

  it('refuses ragged rows, no rows, and a range that the mean is not in', () => {
    expect(() => crossedEstimate([[1, 2], [1]])).toThrow(/different queries/);
    expect(() => crossedEstimate([])).toThrow(/no outcomes/);
    expect(() => crossedEstimate([[1, 2]], shares)).toThrow(/not in its "range"/);
  });
});

describe('shares of equal arms', () => {
  const situations: Situation[] = [2, 3, 5].flatMap((seeds) =>
    [0, 0.3, 1].map((seedSd) => ({ seeds, queries: 100, seedSd, level: seedSd === 1 ? 0 : 3 })),
  );

  it.each(situations)('differ by chance alone: %o', (situation) => {
    const [trials, truth] = [150, trueShare(situation)];
    let [false_, covered] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const [a, b] = drawArms(foldIn(key(4), trial), situation, 2);
      const difference = crossedEstimate(pairedDifferences('test', a!, b!), differences);
      const share = crossedEstimate(a!, shares);
      if (difference.p! < 0.05) false_++;
      const [low, high] = share.ci95!;
      if (low <= truth && truth <= high) covered++;
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      for (const each of [difference, share]) {
        expect(width(each.ci95!)).toBeGreaterThan(1e-3);
        expect(width(each.queryInterval!)).toBeGreaterThan(1e-3);
      }
    }
    // Three standard errors of what 150 trials of a rate of 5 % give.
    expect(false_ / trials).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / trials));
    expect(covered / trials).toBeGreaterThanOrEqual(0.93);
  });
});

testOptions('crossedEstimate', (options: CrossedOptions) => crossedEstimate([[0, 1]], options), {
  describe,
  it,
});
