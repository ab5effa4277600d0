import { ConfigError, NonFiniteError } from '@crossweave/core';
import { mean, median } from '../statistics/moments';
import { clusterOutcomes } from './clusters';

/** Figures by name, and behind each the outcomes of independent queries, whose mean it is. */
export interface Metrics {
  readonly metrics: Readonly<Record<string, number>>;
  /** By metric; what statistics compare arms with. Medians have none. */
  readonly outcomes: Readonly<Record<string, readonly number[]>>;
}

export interface RetrievalOptions {
  /** [queries × candidates], row by row; larger is better. −Infinity is allowed, NaN is not. */
  readonly scores: Float32Array | Float64Array;
  /** Which image each query is about. */
  readonly queryGroups: readonly string[];
  /** Which image each candidate is about: a candidate is right when the groups are equal. */
  readonly candidateGroups: readonly string[];
  /** Default [1, 5, 10]. */
  readonly ks?: readonly number[];
  /** Before every name: `retrieval.i2t.` gives `retrieval.i2t.r1`. */
  readonly prefix: string;
}

/**
 * Recall at k, mean and median rank and mean reciprocal rank of the best right candidate.
 * Ties are broken at random, in expectation: with g wrong candidates above, t wrong ones level
 * with and p right ones at the best right score, the hit at k is the chance that one of the p is among the first
 * k − g of p + t in random order, and the rank is g + (p + t + 1)/(p + 1). So constant
 * scores give chance. Outcomes are clustered by the query's group.
 *
 * @throws NonFiniteError for NaN scores, ConfigError when sizes disagree or a query has no right candidate.
 */
export function retrievalMetrics(options: RetrievalOptions): Metrics {
  const { scores, queryGroups, candidateGroups, prefix, ks = [1, 5, 10] } = options;
  const width = candidateGroups.length;
  if (scores.length !== queryGroups.length * width || queryGroups.length === 0) {
    throw new ConfigError('scores and groups disagree', {
      where: 'retrievalMetrics',
      expected: `${queryGroups.length} × ${width} scores, one or more`,
      got: scores.length,
    });
  }
  const hits = ks.map(() => new Float64Array(queryGroups.length));
  const ranks = new Float64Array(queryGroups.length);
  queryGroups.forEach((group, query) => {
    const row = scores.subarray(query * width, (query + 1) * width);
    const place = placeOfBest(row, group, candidateGroups, query);
    ranks[query] = place.above + (place.right + place.level + 1) / (place.right + 1);
    ks.forEach((k, i) => (hits[i]![query] = chanceOfHit(place, k)));
  });
  const reciprocal = ranks.map((rank) => 1 / rank);
  const byMetric: Record<string, Float64Array> = {
    ...Object.fromEntries(ks.map((k, i) => [`${prefix}r${k}`, hits[i]!])),
    [`${prefix}meanRank`]: ranks,
    [`${prefix}mrr`]: reciprocal,
  };
  const entries = Object.entries(byMetric);
  return {
    metrics: {
      ...Object.fromEntries(entries.map(([name, values]) => [name, mean(values)])),
      [`${prefix}medianRank`]: median(ranks),
    },
    outcomes: Object.fromEntries(
      entries.map(([name, values]) => [name, clusterOutcomes(values, queryGroups)]),
    ),
  };
}

interface Place {
  /** Wrong candidates with a larger score than the best right one. */
  readonly above: number;
  /** Wrong candidates with an equal score. */
  readonly level: number;
  /** Right candidates with that score. */
  readonly right: number;
}

function placeOfBest(
  row: Float32Array | Float64Array,
  group: string,
  candidateGroups: readonly string[],
  query: number,
): Place {
  let best = -Infinity;
  let found = false;
  for (let j = 0; j < row.length; j++) {
    const score = row[j]!;
    if (Number.isNaN(score)) {
      throw new NonFiniteError('a score is not a number', {
        where: 'retrievalMetrics',
        got: `NaN for query ${query}, candidate ${j}`,
      });
    }
    if (candidateGroups[j] !== group) continue;
    found = true;
    best = Math.max(best, score);
  }
  if (!found) {
    throw new ConfigError(`no candidate is right for query ${query}`, {
      where: 'retrievalMetrics',
      expected: `a candidate of group "${group}"`,
    });
  }
  let [above, level, right] = [0, 0, 0];
  for (let j = 0; j < row.length; j++) {
    if (row[j]! > best) above++;
    if (row[j] !== best) continue;
    if (candidateGroups[j] === group) right++;
    else level++;
  }
  return { above, level, right };
}

/** 1 − C(t, m)/C(t + p, m) with m = k − g places left. */
function chanceOfHit({ above, level, right }: Place, k: number): number {
  const places = k - above;
  if (places <= 0) return 0;
  if (places > level) return 1;
  let miss = 1;
  for (let i = 0; i < places; i++) miss *= (level - i) / (level + right - i);
  return 1 - miss;
}

/**
 * The value of each retrieval metric for scores that know nothing, from {@link retrievalMetrics}
 * of equal scores.
 */
export function retrievalChance(
  options: Omit<RetrievalOptions, 'scores'>,
): Readonly<Record<string, number>> {
  const size = options.queryGroups.length * options.candidateGroups.length;
  return retrievalMetrics({ ...options, scores: new Float32Array(size) }).metrics;
}
