import {
  ConfigError,
  NonFiniteError,
  foldIn,
  key,
  normalArray,
  permutation,
} from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { retrievalChance, retrievalMetrics, type RetrievalChanceOptions } from './retrieval';

/** Images with `each` captions, as queries or as candidates. */
const captionsOf = (images: number, each: number): RetrievalChanceOptions => ({
  candidates: images * each,
  relevant: Array.from({ length: images }, (_, i) =>
    Array.from({ length: each }, (_, j) => i * each + j),
  ),
});

describe('retrievalMetrics', () => {
  it('ranks the best of several right candidates', () => {
    const { metrics, outcomes } = retrievalMetrics({
      // Query 0: its captions stand 1st and 4th; query 1: 3rd and 4th.
      scores: Float32Array.from([9, 1, 5, 4, 8, 7, 6, 3]),
      ...captionsOf(2, 2),
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

  it('goes by pairs: a caption that two images share makes neither’s others right', () => {
    // Candidates: own 0, own 1, shared. Each query prefers the other’s own caption.
    const relevant = [
      [0, 2],
      [1, 2],
    ];
    const at = (...scores: number[]) =>
      retrievalMetrics({ scores: Float32Array.from(scores), candidates: 3, relevant }).metrics;
    expect(at(1, 9, 2, 9, 1, 2)['r1']).toBe(0);
    expect(at(1, 2, 9, 2, 1, 9)['r1']).toBe(1);
  });

  it('does not count queries of which every candidate is right', () => {
    const scores = Float32Array.from([1, 2, 2, 1]);
    const counted = { candidates: 2, relevant: [[0, 1], [1]], ks: [1], clusters: ['a', 'b'] };
    const { metrics, outcomes } = retrievalMetrics({ scores, ...counted });
    expect(metrics['r1']).toBe(0);
    expect(outcomes['r1']).toEqual([0]);
    const nothing = { candidates: 1, relevant: [[0], [0]] };
    expect(retrievalMetrics({ scores: scores.subarray(2), ...nothing })).toEqual({
      metrics: {},
      outcomes: {},
    });
    expect(retrievalChance(nothing)).toEqual({});
  });

  it('gives what random tie-breaking gives on average', () => {
    const values = [2, 2, 2, 1, 3];
    const options = { candidates: 5, relevant: [[0]], ks: [2] };
    const tied = retrievalMetrics({ ...options, scores: Float32Array.from(values) }).metrics;
    const sums = { r2: 0, mrr: 0, meanRank: 0 };
    for (let trial = 0; trial < 600; trial++) {
      const order = permutation(foldIn(key(1), trial), 5);
      const scores = Float64Array.from(values, (value, i) => value + 1e-3 * order[i]!);
      const { metrics } = retrievalMetrics({ ...options, scores });
      for (const name of ['r2', 'mrr', 'meanRank'] as const) sums[name] += metrics[name]! / 600;
    }
    expect(tied['r2']).toBeCloseTo(1 / 3, 12);
    expect(tied['mrr']).toBeCloseTo((1 / 2 + 1 / 3 + 1 / 4) / 3, 12);
    expect(Math.abs(sums.r2 - tied['r2']!)).toBeLessThan(0.06);
    expect(Math.abs(sums.mrr - tied['mrr']!)).toBeLessThan(0.02);
    expect(Math.abs(sums.meanRank - tied['meanRank']!)).toBeLessThan(0.12);
  });

  it('equals counting in a random case with several captions', () => {
    const scores = normalArray(key(5), 30 * 10);
    const owner = (query: number) => Math.floor(query / 3);
    const { metrics, outcomes } = retrievalMetrics({
      scores,
      candidates: 10,
      relevant: Array.from({ length: 30 }, (_, q) => [owner(q)]),
      clusters: Array.from({ length: 30 }, (_, q) => `image ${owner(q)}`),
    });
    const ranks = Array.from({ length: 30 }, (_, q) => {
      const row = [...scores.subarray(q * 10, q * 10 + 10)];
      const sorted = [...row].sort((a, b) => b - a);
      return 1 + sorted.indexOf(row[owner(q)]!);
    });
    const share = (k: number) => ranks.filter((rank) => rank <= k).length / 30;
    expect(metrics['r1']).toBeCloseTo(share(1), 12);
    expect(metrics['r5']).toBeCloseTo(share(5), 12);
    expect(metrics['meanRank']).toBeCloseTo(ranks.reduce((a, b) => a + b) / 30, 12);
    const sorted = [...ranks].sort((a, b) => a - b);
    expect(metrics['medianRank']).toBe((sorted[14]! + sorted[15]!) / 2);
    expect(outcomes['r5']).toHaveLength(10);
    expect(outcomes['r5']!.reduce((a, b) => a + b) / 10).toBeCloseTo(metrics['r5']!, 12);
  });

  it('refuses NaN, wrong sizes and queries without an answer', () => {
    const base = { candidates: 2, relevant: [[0]] };
    const at = (...scores: number[]) =>
      retrievalMetrics({ ...base, scores: Float32Array.from(scores) });
    expect(() => at(Number.NaN, 1)).toThrow(NonFiniteError);
    expect(() => at(1, Number.NaN)).toThrow(/candidate 1/);
    expect(() => at(1, 2, 3)).toThrow(/disagree/);
    for (const relevant of [[[]], [[2]], [[0, 0]]]) {
      const bad = { candidates: 2, relevant, scores: Float32Array.from([1, 2]) };
      expect(() => retrievalMetrics(bad)).toThrow(ConfigError);
    }
    expect(at(-Infinity, 0).metrics['r1']).toBe(0);
  });
});

describe('retrievalChance', () => {
  it('is hypergeometric', () => {
    const metrics = retrievalChance(captionsOf(20, 5));
    expect(metrics['r1']).toBeCloseTo(5 / 100, 12);
    let miss = 1;
    for (let i = 0; i < 10; i++) miss *= (95 - i) / (100 - i);
    expect(metrics['r10']).toBeCloseTo(1 - miss, 12);
    expect(metrics['meanRank']).toBeCloseTo(101 / 6, 12);
    // The median of the smallest of five among 100: P(rank ≤ 13) is the first above one half.
    expect(metrics['medianRank']).toBe(13);
  });

  it.each([
    ['captions of their own', captionsOf(7, 3)],
    [
      'one caption that all share',
      {
        candidates: 4,
        relevant: [
          [0, 3],
          [1, 3],
          [2, 3],
        ],
      },
    ],
    ['few candidates', { candidates: 3, relevant: [[0], [1], [0, 1, 2]] }],
  ])('is exactly what constant scores get: %s', (_name, plan) => {
    const scores = new Float32Array(plan.relevant.length * plan.candidates).fill(0.3);
    expect(retrievalMetrics({ ...plan, scores }).metrics).toEqual(retrievalChance(plan));
  });
});

const plan = { candidates: 2, relevant: [[0], [1]] };
testOptions(
  'retrievalMetrics',
  retrievalMetrics,
  { describe, it },
  { required: { ...plan, scores: new Float32Array(4) }, anyText: ['prefix'] },
);
testOptions(
  'retrievalChance',
  retrievalChance,
  { describe, it },
  { required: plan, anyText: ['prefix'] },
);
