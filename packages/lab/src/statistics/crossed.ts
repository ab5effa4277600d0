import { ConfigError } from '@crossweave/core';
import { checkOptions, listOf, number } from '@crossweave/core/authoring';
import { mean, requireValues, sampleVariance } from './moments';
import { effectiveShare, scoreInterval, scoreStatistic } from './score-interval';
import { studentQuantile, studentTwoSided } from './student';

export type Interval = readonly [low: number, high: number];

/** A mean over seeds and queries, with both as sources of chance. */
export interface CrossedEstimate {
  readonly mean: number;
  /** Of the mean, over seeds and queries; null with one seed, or where nothing tells the spread. */
  readonly standardError: number | null;
  /** 95 %, over seeds and queries; null where `standardError` is. Never of width 0. */
  readonly ci95: Interval | null;
  /**
   * 95 %, over the choice of queries for the models as they were trained: it says nothing of
   * other seeds. Null with one query, or where nothing tells the spread.
   */
  readonly queryInterval: Interval | null;
  /** Two-sided p of "the true mean is 0"; null where `ci95` is, or where the bounds exclude 0. */
  readonly p: number | null;
}

export interface CrossedOptions {
  /** What the mean can be: [0, 1] of a share, [−1, 1] of a difference of two. Default: anything. */
  readonly range?: Interval;
  /** Without a range: what the mean cannot be less than, 1 for a rank. The interval ends there. */
  readonly least?: number;
  /**
   * What one query can change by: the variance is never less than if one query had gone that far
   * up and one down. Default: half the range; without a range 0, and then equal outcomes have no
   * interval.
   */
  readonly resolution?: number;
}

/**
 * The mean of outcomes[seed][query] and its uncertainty when other seeds and other queries might
 * have been drawn: a two-way random-effects analysis of variance, as is usual where several readers
 * judge the same cases (Hillis 2007). With S seeds and Q queries
 *
 * var = (max(MS_seed, MS_rest) + max(MS_query − MS_rest, 0))/(S·Q)
 *
 * with Student's quantile of S − 1 degrees of freedom: few seeds can look alike by chance, and
 * however many queries there are, they tell nothing of other seeds. MS_seed is not taken for less
 * than its expectation without any effect of the seed. Within a range the interval is Wilson's
 * (`score-interval.ts`). So it is wide with two or three seeds; in simulations it covers the truth in
 * 95 of 100 trials or more (`benchmarks/statistics`).
 *
 * Given differences of two arms by seed and query it is the paired comparison of the arms.
 *
 * @throws ConfigError when rows differ in length, are empty or not finite; for an option out of range.
 */
export function crossedEstimate(
  outcomes: readonly ArrayLike<number>[],
  options: CrossedOptions = {},
): CrossedEstimate {
  const { centre, seeds, queries, variance, columnMeans } = analyse(outcomes);
  const { range, least = -Infinity } = readBounds(options, centre);
  const resolution = options.resolution ?? (range === undefined ? 0 : (range[1] - range[0]) / 2);
  const told = queries > 1 ? queries : undefined;
  const leastVariance = told === undefined ? 0 : 2 * (resolution / (queries + 2)) ** 2;
  // Rounding alone is no spread.
  const noise = (1e-9 * Math.abs(centre)) ** 2;
  const floored = (value: number): number | null => {
    const larger = Math.max(value, leastVariance);
    return larger > noise ? larger : null;
  };
  const total = seeds > 1 ? floored(variance) : null;
  const ofQueries = queries > 1 ? floored(sampleVariance(columnMeans) / queries) : null;
  const intervalOf = (squared: number | null, freedom: number): Interval | null =>
    squared === null
      ? null
      : range === undefined
        ? studentInterval(centre, squared, freedom, least)
        : wilsonInterval(centre, squared, freedom, range, told);
  return {
    mean: centre,
    standardError: total === null ? null : Math.sqrt(total),
    ci95: intervalOf(total, seeds - 1),
    queryInterval: intervalOf(ofQueries, queries - 1),
    p: total === null || least >= 0 ? null : pValue(centre, total, seeds - 1, range, told),
  };
}

interface Analysis {
  readonly seeds: number;
  readonly queries: number;
  readonly centre: number;
  /** [queries] means over seeds. */
  readonly columnMeans: readonly number[];
  /** Of the mean, over seeds and queries. */
  readonly variance: number;
}

function analyse(outcomes: readonly ArrayLike<number>[]): Analysis {
  const where = 'crossedEstimate';
  const seeds = outcomes.length;
  const queries = outcomes[0]?.length ?? 0;
  if (seeds === 0) throw new ConfigError('there are no outcomes', { where });
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
  const rowMeans = outcomes.map((row) => mean(row));
  const centre = mean(rowMeans);
  const columnMeans = Array.from({ length: queries }, (_, q) => {
    let sum = 0;
    for (const row of outcomes) sum += row[q]!;
    return sum / seeds;
  });
  let rest = 0;
  outcomes.forEach((row, s) => {
    for (let q = 0; q < queries; q++) {
      rest += (row[q]! - rowMeans[s]! - columnMeans[q]! + centre) ** 2;
    }
  });
  const restSquare = seeds > 1 && queries > 1 ? rest / ((seeds - 1) * (queries - 1)) : 0;
  const seedSquare = seeds > 1 ? queries * sampleVariance(rowMeans) : 0;
  const querySquare = queries > 1 ? seeds * sampleVariance(columnMeans) : 0;
  const variance =
    (Math.max(seedSquare, restSquare) + Math.max(querySquare - restSquare, 0)) / (seeds * queries);
  return { seeds, queries, centre, columnMeans, variance };
}

function studentInterval(
  centre: number,
  variance: number,
  freedom: number,
  least: number,
): Interval {
  const half = studentQuantile(0.975, freedom) * Math.sqrt(variance);
  return [Math.max(centre - half, least), centre + half];
}

function wilsonInterval(
  centre: number,
  variance: number,
  freedom: number,
  range: Interval,
  queries: number | undefined,
): Interval | null {
  const [low, high] = range;
  const share = shareOf(centre, variance, range, queries);
  if (share.count === 0) return null;
  const [from, to] = scoreInterval(share, studentQuantile(0.975, freedom));
  return [low + (high - low) * from, low + (high - low) * to];
}

/** The level at which the interval just reaches 0. */
function pValue(
  centre: number,
  variance: number,
  freedom: number,
  range: Interval | undefined,
  queries: number | undefined,
): number | null {
  if (range === undefined) return studentTwoSided(centre / Math.sqrt(variance), freedom);
  const [low, high] = range;
  const share = shareOf(centre, variance, range, queries);
  if (!(low < 0 && high > 0) || share.count === 0) return null;
  return studentTwoSided(scoreStatistic(share, -low / (high - low)), freedom);
}

function shareOf(
  centre: number,
  variance: number,
  [low, high]: Interval,
  queries: number | undefined,
): ReturnType<typeof effectiveShare> {
  const share = Math.min(1, Math.max(0, (centre - low) / (high - low)));
  return effectiveShare(share, variance / (high - low) ** 2, queries);
}

/** @throws ConfigError for wrong options, or bounds that the mean is not within. */
function readBounds(
  options: CrossedOptions,
  centre: number,
): { readonly range: Interval | undefined; readonly least: number | undefined } {
  const where = 'crossedEstimate';
  checkOptions(where, options, {
    range: listOf(number(), { length: 2 }),
    least: number(),
    resolution: number({ min: 0 }),
  });
  const { range, least } = options;
  // Means may leave the bounds by a rounding.
  const slack = 1e-9;
  if (range !== undefined && !(range[0] < range[1])) {
    throw new ConfigError('"range" is empty', { where, expected: '[low, high]', got: range });
  }
  if (range !== undefined && !(centre >= range[0] - slack && centre <= range[1] + slack)) {
    throw new ConfigError('the mean is not in its "range"', {
      where,
      expected: `[${range.join(', ')}]`,
      got: centre,
    });
  }
  if (least !== undefined && centre < least - slack) {
    throw new ConfigError('the mean is below its "least"', {
      where,
      expected: `at least ${least}`,
      got: centre,
    });
  }
  return { range, least };
}
