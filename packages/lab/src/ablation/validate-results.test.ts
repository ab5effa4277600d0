import { FileFormatError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { validateResults } from './validate-results';

const uncertain = { ci95: [-0.1, 0.1], over: 'seeds and queries', queryInterval: [-0.05, 0.05] };
const valid = () => ({
  schema: 2,
  seeds: [1],
  arms: ['late', 'early'].map((name) => ({
    name,
    params: 3,
    trials: [{ seed: 1, metrics: { accuracy: 0.5 }, steps: 2, seconds: 0.1 }],
    summary: { accuracy: { mean: 0.5, ...structuredClone(uncertain), n: 1 } },
  })),
  baselines: [
    {
      name: 'blind',
      kind: 'floor',
      metrics: { accuracy: 0.5 },
      queryIntervals: { accuracy: [0.4, 0.6] },
    },
  ],
  comparisons: ['early', 'blind'].map((b) => ({
    ...{ a: 'late', b, metric: 'accuracy', difference: 0 },
    ...structuredClone(uncertain),
    ...{ p: 1, pAdjusted: 1 },
  })),
  chance: { accuracy: 0.5 },
  notShown: { r10: 'chance is 0.900' },
  data: {
    fingerprint: 'abc',
    test: {
      ...{ images: 3, texts: 4, sharedTexts: 1 },
      mostShared: { caption: 'x', images: 2 },
      uncounted: { i2t: 0, t2i: 0 },
    },
  },
  notes: ['short'],
});
type Results = ReturnType<typeof valid>;

describe('validateResults', () => {
  it('gives back results of the schema, also without intervals', () => {
    const results = valid();
    expect(validateResults(results)).toBe(results);
    const bare = { ...results.arms[0]!.summary.accuracy, ci95: null, over: null };
    const arms = results.arms.map((arm) => ({
      ...arm,
      summary: { accuracy: { ...bare, queryInterval: null } },
    }));
    expect(() => validateResults({ ...results, arms })).not.toThrow();
  });

  it.each<[string, (results: Results) => void]>([
    ['schema', (r) => (r.schema = 1)],
    ['arms[1].trials[0].seconds', (r) => (r.arms[1]!.trials[0]!.seconds = NaN)],
    ['arms[0].trials', (r) => (r.arms[0]!.trials = [])],
    ['arms[0].summary.accuracy.ci95', (r) => (r.arms[0]!.summary.accuracy.ci95 = [1, 0])],
    ['arms[0].summary.accuracy.ci95', (r) => (r.arms[0]!.summary.accuracy.ci95 = [1, 1])],
    ['arms[0].summary.accuracy.over', (r) => (r.arms[0]!.summary.accuracy.over = 'luck')],
    ['comparisons[0].b', (r) => (r.comparisons[0]!.b = 'middle')],
    ['comparisons[0].a', (r) => (r.comparisons[0]!.a = 'blind')],
    ['comparisons[0].p', (r) => (r.comparisons[0]!.p = 1.5)],
    ['comparisons[1].over', (r) => Object.assign(r.comparisons[1]!, { ci95: null })],
    ['comparisons[1].p', (r) => Object.assign(r.comparisons[1]!, { ci95: null, over: null })],
    ['baselines[0].kind', (r) => (r.baselines[0]!.kind = 'roof')],
    ['baselines[0].metrics.accuracy', (r) => (r.baselines[0]!.metrics.accuracy = Infinity)],
    ['data.test.mostShared.images', (r) => Object.assign(r.data.test.mostShared, { images: '2' })],
    ['notes[0]', (r) => Object.assign(r.notes, [1])],
  ])('names %s when it is wrong', (where, damage) => {
    const results = valid();
    damage(results);
    expect(() => validateResults(results)).toThrow(FileFormatError);
    expect(() => validateResults(results)).toThrow(`results.json.${where}`);
  });

  it('says what to do with the results of an earlier version', () => {
    expect(() => validateResults({ ...valid(), schema: 1 })).toThrow(/Run the ablation again/);
  });
});
