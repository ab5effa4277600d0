import { NonFiniteError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { matchingMetrics } from './matching';

describe('matchingMetrics', () => {
  it('counts wins, half for ties, over all and by kind', () => {
    const { metrics, outcomes } = matchingMetrics([
      { positive: 2, negative: 1, kind: 'swap', image: 'a' },
      { positive: 1, negative: 1, kind: 'swap', image: 'a' },
      { positive: 0, negative: 1, kind: 'relation', image: 'a' },
      { positive: 5, negative: 1, kind: 'swap', image: 'b' },
    ]);
    expect(metrics).toEqual({
      'matching.accuracy': 2.5 / 4,
      'matching.accuracy.swap': 2.5 / 3,
      'matching.accuracy.relation': 0,
    });
    const values = outcomes['matching.accuracy']!;
    expect(values).toHaveLength(2);
    expect((values[0]! + values[1]!) / 2).toBeCloseTo(2.5 / 4, 12);
  });

  it('gives 0.5 for constant scores and refuses NaN and nothing', () => {
    const constant = { positive: 0, negative: 0, kind: 'swap', image: 'a' };
    expect(matchingMetrics([constant]).metrics['matching.accuracy']).toBe(0.5);
    expect(() => matchingMetrics([{ ...constant, negative: Number.NaN }])).toThrow(NonFiniteError);
    const lacking = { ...constant, negative: undefined as never };
    expect(() => matchingMetrics([lacking])).toThrow(NonFiniteError);
    expect(() => matchingMetrics([])).toThrow(/nothing to compare/);
  });
});
