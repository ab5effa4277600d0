import { ConfigError, NonFiniteError } from '@crossweave/core';
import {
  anyText,
  checkOptions,
  count,
  listOf,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { floatArray } from '../checks/checks';
import { mean } from '../statistics/moments';
import {
  chanceWithin,
  expectedRank,
  expectedReciprocal,
  medianRank,
  type Place,
} from './best-rank';
import { clusterOutcomes } from './clusters';
import { countedQueries, type Relevance } from './relevance';

/** Figures by name, and behind each the outcomes of independent queries, whose mean it is. */
export interface Metrics {
  readonly metrics: Readonly<Record<string, number>>;
  /** By metric; what statistics compare arms with. Medians have none. */
  readonly outcomes: Readonly<Record<string, readonly number[]>>;
}

export interface RetrievalOptions extends Relevance {
  /** [queries × candidates], row by row; larger is better. −Infinity is allowed, NaN is not. */
  readonly scores: Float32Array | Float64Array;
  /** Default [1, 5, 10]. */
  readonly ks?: readonly number[];
  /** Before every name: `retrieval.i2t.` gives `retrieval.i2t.r1`. Default none. */
  readonly prefix?: string;
}

export type RetrievalChanceOptions = Omit<RetrievalOptions, 'scores'>;

const chanceChecks: Checks<RetrievalChanceOptions> = {
  candidates: count(),
  relevant: listOf(listOf(count(0))),
  clusters: listOf(text()),
  ks: listOf(count(), { min: 1, distinct: true }),
  prefix: anyText(),
};

/**
 * Recall at k, mean and median rank and mean reciprocal rank of the best right candidate
 * ({@link Relevance}). Ties are broken at random, in expectation: constant scores give exactly
 * {@link retrievalChance}. A query of which every candidate is right asks nothing and does not
 * count; where none counts there are no metrics. Outcomes are clustered.
 *
 * @throws NonFiniteError for NaN scores; ConfigError when sizes disagree, or for a query without a
 * right candidate.
 */
export function retrievalMetrics(options: RetrievalOptions): Metrics {
  const where = 'retrievalMetrics';
  checkOptions(where, options, { ...chanceChecks, scores: floatArray() }, [
    'scores',
    'candidates',
    'relevant',
  ]);
  const { scores, candidates, relevant } = options;
  if (scores.length !== relevant.length * candidates) {
    throw new ConfigError('"scores" and "relevant" disagree', {
      where,
      expected: `${relevant.length} × ${candidates} scores`,
      got: scores.length,
    });
  }
  const right = new Uint8Array(candidates);
  return metricsOfPlaces(where, options, (query) => {
    const row = scores.subarray(query * candidates, (query + 1) * candidates);
    for (const at of relevant[query]!) right[at] = 1;
    const place = placeOfBest(row, right, query);
    for (const at of relevant[query]!) right[at] = 0;
    return place;
  });
}

/** Scores of some queries after each other, [rows × candidates]. */
export type ScoreBlock = Float32Array | Float64Array;

/**
 * The same of scores that come in blocks of whole rows, in the order of the queries: no more than one block
 * has to be in memory.
 *
 * @throws as {@link retrievalMetrics}.
 */
export async function retrievalMetricsOfBlocks(
  options: RetrievalChanceOptions,
  blocks: AsyncIterable<ScoreBlock>,
): Promise<Metrics> {
  const where = 'retrievalMetricsOfBlocks';
  checkOptions(where, options, chanceChecks, ['candidates', 'relevant']);
  const { candidates, relevant } = options;
  const right = new Uint8Array(candidates);
  const places: Place[] = [];
  let rows = 0;
  for await (const scores of blocks) {
    rows += scores.length / candidates;
    for (let at = 0; at < scores.length && places.length < relevant.length; at += candidates) {
      const query = places.length;
      for (const each of relevant[query]!) right[each] = 1;
      places.push(placeOfBest(scores.subarray(at, at + candidates), right, query));
      for (const each of relevant[query]!) right[each] = 0;
    }
  }
  if (rows !== relevant.length) {
    throw new ConfigError('"blocks" and "relevant" disagree', {
      where,
      expected: `${relevant.length} rows of ${candidates} scores`,
      got: `${rows} rows`,
    });
  }
  return metricsOfPlaces(where, options, (query) => places[query]!);
}

/**
 * The value of each metric for scores that know nothing, exact: of n candidates, r right, R@k is
 * 1 − C(n − k, r)/C(n, r), and the ranks follow from it.
 *
 * @throws ConfigError as {@link retrievalMetrics}.
 */
export function retrievalChance(options: RetrievalChanceOptions): Readonly<Record<string, number>> {
  const where = 'retrievalChance';
  checkOptions(where, options, chanceChecks, ['candidates', 'relevant']);
  return metricsOfPlaces(where, options, (query) => {
    const right = options.relevant[query]!.length;
    return { above: 0, level: options.candidates - right, right };
  }).metrics;
}

function metricsOfPlaces(
  where: string,
  options: RetrievalChanceOptions,
  placeOf: (query: number) => Place,
): Metrics {
  const { relevant, clusters, prefix = '', ks = [1, 5, 10] } = options;
  if (clusters !== undefined && clusters.length !== relevant.length) {
    throw new ConfigError('"clusters" and "relevant" disagree', {
      where,
      expected: `${relevant.length} clusters, one a query`,
      got: clusters.length,
    });
  }
  const queries = countedQueries(where, options);
  if (queries.length === 0) return { metrics: {}, outcomes: {} };
  const places = queries.map(placeOf);
  const byMetric: Readonly<Record<string, readonly number[]>> = {
    ...Object.fromEntries(ks.map((k) => [`r${k}`, places.map((place) => chanceWithin(place, k))])),
    meanRank: places.map(expectedRank),
    mrr: reciprocals(places),
  };
  const entries = Object.entries(byMetric).map(
    ([name, values]) => [`${prefix}${name}`, values] as const,
  );
  const clusterOf = queries.map((query) => clusters?.[query] ?? String(query));
  return {
    metrics: {
      ...Object.fromEntries(entries.map(([name, values]) => [name, mean(values)])),
      [`${prefix}medianRank`]: medianRank(places),
    },
    outcomes: Object.fromEntries(
      entries.map(([name, values]) => [name, clusterOutcomes(values, clusterOf)]),
    ),
  };
}

/** Computed once for places that are alike: of scores that are all equal most of them are. */
function reciprocals(places: readonly Place[]): number[] {
  const known = new Map<string, number>();
  return places.map((place) => {
    const name = `${place.above},${place.level},${place.right}`;
    const value = known.get(name) ?? expectedReciprocal(place);
    known.set(name, value);
    return value;
  });
}

/** @param right [candidates] 1 where the candidate is right, else 0. */
function placeOfBest(row: Float32Array | Float64Array, right: Uint8Array, query: number): Place {
  let best = -Infinity;
  for (let j = 0; j < row.length; j++) {
    const score = row[j]!;
    if (Number.isNaN(score)) {
      throw new NonFiniteError('a score is not a number', {
        where: 'retrievalMetrics',
        got: `NaN for query ${query}, candidate ${j}`,
      });
    }
    if (right[j] === 1) best = Math.max(best, score);
  }
  const place = { above: 0, level: 0, right: 0 };
  for (let j = 0; j < row.length; j++) {
    // None above the best right one is right.
    if (row[j]! > best) place.above++;
    if (row[j] === best) place[right[j] === 1 ? 'right' : 'level']++;
  }
  return place;
}
