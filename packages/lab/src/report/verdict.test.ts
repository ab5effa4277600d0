import { describe, expect, it } from 'vitest';
import type { AblationResults } from '../ablation/results';
import { referenceLines, verdict } from './verdict';

function results(pAdjusted: number | null, metric = 'matching.accuracy'): AblationResults {
  const arm = (name: string, mean: number) => ({
    name,
    params: 1,
    trials: [],
    summary: { [metric]: { mean, ci95: [mean - 0.1, mean + 0.1] as const, n: 3 } },
  });
  return {
    schema: 1,
    seeds: [1, 2, 3],
    arms: [arm('late', 0.55), arm('early', 0.75)],
    comparisons: [
      {
        a: 'late',
        b: 'early',
        metric,
        difference: -0.2,
        ci95: [-0.3, -0.1],
        p: pAdjusted,
        pAdjusted,
      },
    ],
    chance: { [metric]: 0.5 },
    floors: { 'bag-of-words': { [metric]: 0.7 } },
  };
}

describe('verdict', () => {
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');

  it('tells a difference from the better arm’s side', () => {
    const text = plain(verdict(results(0.004), 'matching.accuracy'));
    expect(text).toContain('early comes first with 75.0 % [65.0, 85.0].');
    expect(text).toContain('differs from late by +20.0 points [10.0, 30.0] (p = 0.004');
    expect(text).toContain('clearly better than chance (50.0 %).');
    expect(text).toContain('not clearly better than bag-of-words (70.0 %).');
    expect(text).toContain('choice of seeds (3)');
  });

  it('does not call an uncertain lead a difference', () => {
    expect(verdict(results(0.2), 'matching.accuracy')).toContain('may be chance (p = 0.200');
    expect(verdict(results(null), 'matching.accuracy')).toContain('one value each');
  });

  it('knows that a smaller rank is better', () => {
    const metric = 'retrieval.i2t.meanRank';
    const text = plain(verdict(results(0.0001, metric), metric));
    expect(text).toContain('late comes first with 0.550 [0.450, 0.650].');
    expect(text).toContain('p < 0.001');
    expect(text).toContain('clearly better than bag-of-words');
    expect(text).not.toContain('clearly better than chance (0.500),');
  });

  it('knows chance and floors of a metric', () => {
    expect(referenceLines(results(1), 'matching.accuracy').map(({ label }) => label)).toEqual([
      'chance',
      'bag-of-words',
    ]);
    expect(referenceLines(results(1), 'other')).toEqual([]);
  });
});
