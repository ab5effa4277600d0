import { ConfigError } from '@crossweave/core';
import { mean, requireValues } from './moments';
import { studentQuantile, studentTwoSided } from './student';

/** A mean over seeds and queries, with both as sources of chance. */
export interface CrossedEstimate {
  readonly mean: number;
  readonly ci95: readonly [low: number, high: number];
  readonly standardError: number;
  /** Two-sided p of "the true mean is 0". */
  readonly p: number;
}

/**
 * The mean of outcomes[seed][query] and its uncertainty when other seeds and other queries might have
 * been drawn: a two-way random-effects analysis of variance, as is usual where
 * several readers judge the same cases (Hillis 2007). With S seeds and Q queries
 *
 * var = MS_seed/(S·Q) + max(MS_query − MS_rest, 0)/(S·Q)
 *
 * and, for the interval, the t quantiles of S − 1 and Q − 1 degrees of freedom weighted by the two parts
 * (Cochran and Cox 1950), which errs on the wide side when seeds are few.
 *
 * Given differences of two arms by seed and query it is the paired comparison of the
 * arms. With one seed only the choice of queries is counted; with one query, only the seeds.
 *
 * @throws ConfigError when rows differ in length or there are fewer than two outcomes in all.
 */
export function crossedEstimate(outcomes: readonly ArrayLike<number>[]): CrossedEstimate {
  const seeds = outcomes.length;
  const queries = outcomes[0]?.length ?? 0;
  const where = 'crossedEstimate';
  for (const row of outcomes) {
    requireValues(where, row, 1);
    if (row.length !== queries) {
      throw new ConfigError('seeds have different queries', {
        where,
        expected: queries,
        got: row.length,
      });
    }
  }
  if (seeds * queries < 2) {
    throw new ConfigError('one outcome has no interval', {
      where,
      expected: 'two seeds or two queries',
    });
  }
  const rowMeans = outcomes.map((row) => mean(row));
  const columnMeans = Array.from({ length: queries }, (_, q) =>
    mean(outcomes.map((row) => row[q]!)),
  );
  const centre = mean(rowMeans);
  const squares = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + (value - centre) ** 2, 0);

  let rest = 0;
  outcomes.forEach((row, s) => {
    for (let q = 0; q < queries; q++)
      rest += (row[q]! - rowMeans[s]! - columnMeans[q]! + centre) ** 2;
  });
  const seedSquare = seeds > 1 ? (queries * squares(rowMeans)) / (seeds - 1) : 0;
  const querySquare = queries > 1 ? (seeds * squares(columnMeans)) / (queries - 1) : 0;
  const restSquare = seeds > 1 && queries > 1 ? rest / ((seeds - 1) * (queries - 1)) : 0;

  const seedVariance = seedSquare / (seeds * queries);
  const queryVariance = Math.max(querySquare - restSquare, 0) / (seeds * queries);
  const standardError = Math.sqrt(seedVariance + queryVariance);
  const parts: readonly Part[] = [
    { variance: seedVariance, freedom: seeds - 1 },
    { variance: queryVariance, freedom: queries - 1 },
  ];
  const half = standardError === 0 ? 0 : cochranQuantile(0.975, parts) * standardError;
  return {
    mean: centre,
    ci95: [centre - half, centre + half],
    standardError,
    p: pValue(centre, standardError, parts),
  };
}

/** A part of a variance and the degrees of freedom it was estimated with. */
interface Part {
  readonly variance: number;
  readonly freedom: number;
}

/** Cochran's quantile: the parts' t quantiles, each weighted with its variance. */
function cochranQuantile(probability: number, parts: readonly Part[]): number {
  const present = parts.filter(({ variance }) => variance > 0);
  const total = present.reduce((sum, { variance }) => sum + variance, 0);
  return present.reduce(
    (sum, { variance, freedom }) =>
      sum + (variance / total) * studentQuantile(probability, freedom),
    0,
  );
}

/** The level at which the interval just reaches 0. */
function pValue(centre: number, standardError: number, parts: readonly Part[]): number {
  if (standardError === 0) return centre === 0 ? 1 : 0;
  const t = Math.abs(centre) / standardError;
  // Parts of one kind have the distribution itself; else the level is found by bisection.
  const present = parts.filter(({ variance }) => variance > 0);
  if (present.length === 1) return studentTwoSided(t, present[0]!.freedom);
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (cochranQuantile(1 - middle / 2, parts) > t) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
