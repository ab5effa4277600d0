import { FileFormatError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { validateResults } from './results';

const valid = () => ({
  schema: 1,
  seeds: [1],
  arms: ['late', 'early'].map((name) => ({
    name,
    params: 3,
    trials: [{ seed: 1, metrics: { accuracy: 0.5 }, steps: 2, seconds: 0.1 }],
    summary: { accuracy: { mean: 0.5, ci95: [0.4, 0.6] as unknown, n: 1 } },
  })),
  comparisons: [
    {
      a: 'late',
      b: 'early',
      metric: 'accuracy',
      difference: 0,
      ci95: [-0.1, 0.1],
      p: 1,
      pAdjusted: 1,
    },
  ],
  chance: { accuracy: 0.5 },
  floors: { blind: { accuracy: 0.5 } },
  data: 'abc',
});

describe('validateResults', () => {
  it('gives back results of the schema, also without intervals', () => {
    const results = valid();
    expect(validateResults(results)).toBe(results);
    results.arms[0]!.summary.accuracy.ci95 = null;
    expect(validateResults(results)).toBe(results);
  });

  it.each([
    ['schema', (r: ReturnType<typeof valid>) => (r.schema = 2)],
    [
      'arms[1].trials[0].seconds',
      (r: ReturnType<typeof valid>) => (r.arms[1]!.trials[0]!.seconds = NaN),
    ],
    ['arms[0].trials', (r: ReturnType<typeof valid>) => (r.arms[0]!.trials = [])],
    [
      'arms[0].summary.accuracy.ci95',
      (r: ReturnType<typeof valid>) => (r.arms[0]!.summary.accuracy.ci95 = [1, 0]),
    ],
    ['comparisons[0].b', (r: ReturnType<typeof valid>) => (r.comparisons[0]!.b = 'middle')],
    ['comparisons[0].p', (r: ReturnType<typeof valid>) => (r.comparisons[0]!.p = 1.5)],
    [
      'floors.blind.accuracy',
      (r: ReturnType<typeof valid>) => (r.floors.blind.accuracy = Infinity),
    ],
  ])('names %s when it is wrong', (where, damage) => {
    const results = valid();
    damage(results);
    expect(() => validateResults(results)).toThrow(FileFormatError);
    expect(() => validateResults(results)).toThrow(`results.json.${where}`);
  });
});
