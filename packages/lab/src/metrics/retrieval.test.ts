import { NonFiniteError, foldIn, key, normalArray, permutation } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { retrievalChance, retrievalMetrics } from './retrieval';

const groups = (count: number, each = 1): string[] =>
  Array.from({ length: count * each }, (_, i) => `g${Math.floor(i / each)}`);

describe('retrievalMetrics', () => {
  it('ranks the best of several right candidates', () => {
    const { metrics, outcomes } = retrievalMetrics({
      // Query 0: its captions stand 1st and 4th; query 1: 3rd and 4th.
      scores: Float32Array.from([9, 1, 5, 4, 8, 7, 6, 3]),
      queryGroups: ['g0', 'g1'],
      candidateGroups: ['g0', 'g0', 'g1', 'g1'],
      ks: [1, 2, 3],
      prefix: 'retrieval.i2t.',
    });
    expect(metrics).toEqual({
      'retrieval.i2t.r1': 0.5,
      'retrieval.i2t.r2': 0.5,
      'retrieval.i2t.r3': 1,
      'retrieval.i2t.meanRank': 2,
      'retrieval.i2t.medianRank': 2,
      'retrieval.i2t.mrr': (1 + 1 / 3) / 2,
    });
    expect(outcomes['retrieval.i2t.r1']).toEqual([1, 0]);
    expect(outcomes['retrieval.i2t.medianRank']).toBeUndefined();
  });

  it('gives chance for equal scores, never a hit', () => {
    const metrics = retrievalChance({
      queryGroups: groups(20),
      candidateGroups: groups(20, 5),
      prefix: '',
    });
    expect(metrics['r1']).toBeCloseTo(5 / 100, 12);
    let miss = 1;
    for (let i = 0; i < 10; i++) miss *= (95 - i) / (100 - i);
    expect(metrics['r10']).toBeCloseTo(1 - miss, 12);
    expect(metrics['meanRank']).toBeCloseTo(101 / 6, 12);
  });

  it('gives what random tie-breaking gives on average', () => {
    const values = [2, 2, 2, 1, 3];
    const options = {
      queryGroups: ['g0'],
      candidateGroups: ['g0', 'x', 'y', 'z', 'w'],
      ks: [2],
      prefix: '',
    };
    const tied = retrievalMetrics({ ...options, scores: Float32Array.from(values) }).metrics;
    let hits = 0;
    for (let trial = 0; trial < 600; trial++) {
      const order = permutation(foldIn(key(1), trial), 5);
      const scores = Float64Array.from(values, (value, i) => value + 1e-3 * order[i]!);
      hits += retrievalMetrics({ ...options, scores }).metrics['r2']!;
    }
    expect(tied['r2']).toBeCloseTo(1 / 3, 12);
    expect(Math.abs(hits / 600 - 1 / 3)).toBeLessThan(0.06);
  });

  it('equals counting in a random case with several captions', () => {
    const scores = normalArray(key(5), 30 * 10);
    const [queryGroups, candidateGroups] = [groups(10, 3), groups(10)];
    const { metrics, outcomes } = retrievalMetrics({
      scores,
      queryGroups,
      candidateGroups,
      prefix: '',
    });
    const ranks = queryGroups.map((group, q) => {
      const row = [...scores.subarray(q * 10, q * 10 + 10)];
      const sorted = [...row].sort((a, b) => b - a);
      return 1 + sorted.indexOf(row[Number(group.slice(1))]!);
    });
    const share = (k: number) => ranks.filter((rank) => rank <= k).length / 30;
    expect(metrics['r1']).toBeCloseTo(share(1), 12);
    expect(metrics['r5']).toBeCloseTo(share(5), 12);
    expect(metrics['meanRank']).toBeCloseTo(ranks.reduce((a, b) => a + b) / 30, 12);
    expect(outcomes['r5']).toHaveLength(10);
    expect(outcomes['r5']!.reduce((a, b) => a + b) / 10).toBeCloseTo(metrics['r5']!, 12);
  });

  it('refuses NaN, wrong sizes and queries without an answer', () => {
    const base = { queryGroups: ['a'], candidateGroups: ['a', 'b'], prefix: '' };
    const at = (...scores: number[]) =>
      retrievalMetrics({ ...base, scores: Float32Array.from(scores) });
    expect(() => at(Number.NaN, 1)).toThrow(NonFiniteError);
    expect(() => at(1, Number.NaN)).toThrow(/candidate 1/);
    expect(() => at(1, 2, 3)).toThrow(/disagree/);
    expect(() =>
      retrievalMetrics({ ...base, queryGroups: ['c'], scores: Float32Array.from([1, 2]) }),
    ).toThrow(/no candidate is right/);
    expect(at(-Infinity, 0).metrics['r1']).toBe(0);
  });
});
