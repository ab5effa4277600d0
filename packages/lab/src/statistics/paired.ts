import { ConfigError, foldIn, randomWords, type Key } from '@crossweave/core';
import { checkOptions } from '@crossweave/core/authoring';
import { randomKey } from '../checks/checks';
import {
  bootstrapChecks,
  expanded,
  percentiles,
  randomIndices,
  resamplesCheck,
  type BootstrapOptions,
} from './intervals';
import { mean, requireValues } from './moments';

/** How two arms differ, resampled. */
export interface ResampledDifference {
  /** Mean of a − b. */
  readonly difference: number;
  /** Null where all differences are equal: they do not tell their spread. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Two-sided; null where there is no interval. */
  readonly p: number | null;
}

/**
 * Hierarchical paired bootstrap of outcomes[seed][query] of two arms over the same seeds and
 * queries. Each resample draws seeds and, independently, queries, the same queries for
 * every seed (Owen 2007). It draws one seed fewer than there are, which makes the seeds' part of the
 * variance unbiased (McCarthy and Snowden 1985), and deviations are expanded as Student's quantile
 * of S − 1 degrees of freedom is beyond the normal one (Hesterberg 2015). Noise that
 * belongs to neither is counted up to three times, so the interval is wide rather than narrow.
 *
 * @throws ConfigError with fewer than three seeds, which resampling cannot make more of.
 */
export function pairedBootstrap(
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
  options: BootstrapOptions,
): ResampledDifference {
  checkOptions('pairedBootstrap', options, bootstrapChecks, ['key']);
  const differences = pairedDifferences('pairedBootstrap', a, b);
  const seeds = differences.length;
  const queries = differences[0]!.length;
  if (seeds < 3) {
    throw new ConfigError('there are too few seeds to draw from', {
      where: 'pairedBootstrap',
      expected: '3 or more',
      got: seeds,
      advice: 'Take crossedEstimate; pairedPermutation speaks of these trained models alone.',
    });
  }
  const drawn = seeds - 1;
  const resamples = options.resamples ?? 10_000;
  const seedDraws = randomIndices(foldIn(options.key, 'seeds'), resamples * drawn, seeds);
  const means = new Float64Array(resamples);
  const weights = new Float64Array(seeds);
  for (let r = 0; r < resamples; r++) {
    weights.fill(0);
    for (let s = 0; s < drawn; s++) weights[seedDraws[r * drawn + s]!]! += 1 / drawn;
    const queryDraws = randomIndices(foldIn(options.key, r), queries, queries);
    let sum = 0;
    for (let s = 0; s < seeds; s++) {
      const row = differences[s]!;
      if (weights[s] === 0) continue;
      let rowSum = 0;
      for (let q = 0; q < queries; q++) rowSum += row[queryDraws[q]!]!;
      sum += weights[s]! * rowSum;
    }
    means[r] = sum / queries;
  }
  const difference = mean(differences.map((row) => mean(row)));
  const first = differences[0]![0]!;
  if (differences.every((row) => row.every((value) => value === first))) {
    return { difference, interval: null, p: null };
  }
  const { confidence = 0.95 } = options;
  // The p-value is that of a test at the 5 % level. It does not change with the interval's confidence.
  const wide = expanded(means, difference, seeds, 0.95);
  const distance = Math.abs(difference) * (1 - 1e-12);
  const extreme = wide.filter((value) => Math.abs(value - difference) >= distance).length;
  return {
    difference,
    interval: percentiles(expanded(means, difference, seeds, confidence), confidence),
    p: (extreme + 1) / (resamples + 1),
  };
}

/**
 * Paired permutation test of "both arms are alike on every query": flips the sign of each
 * query's difference (averaged over seeds) at random. Exact for the queries; speaks of these
 * trained models, not of other seeds. All 2^Q flips are tried when there are 16 queries or fewer.
 */
export function pairedPermutation(
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
  options: { readonly key: Key; readonly resamples?: number },
): { readonly difference: number; readonly p: number } {
  const checks = { key: randomKey(), resamples: resamplesCheck };
  checkOptions('pairedPermutation', options, checks, ['key']);
  const rows = pairedDifferences('pairedPermutation', a, b);
  const queries = rows[0]!.length;
  const byQuery = Array.from({ length: queries }, (_, q) => mean(rows.map((row) => row[q]!)));
  const observed = mean(byQuery);
  const exact = queries <= 16;
  const flips = exact ? 2 ** queries : (options.resamples ?? 10_000);
  const distance = Math.abs(observed) * queries * (1 - 1e-12);
  let extreme = 0;
  for (let r = 0; r < flips; r++) {
    const words = exact ? undefined : randomWords(foldIn(options.key, r), Math.ceil(queries / 32));
    let sum = 0;
    for (let q = 0; q < queries; q++) {
      const bits = words === undefined ? r : words[q >>> 5]!;
      sum += ((bits >>> (q & 31)) & 1) === 1 ? byQuery[q]! : -byQuery[q]!;
    }
    if (Math.abs(sum) >= distance) extreme++;
  }
  return { difference: observed, p: exact ? extreme / flips : (extreme + 1) / (flips + 1) };
}

/**
 * a − b by seed and query; what rounding alone makes different is not.
 *
 * @throws ConfigError when the shapes differ.
 */
export function pairedDifferences(
  where: string,
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
): Float64Array[] {
  const shape = (rows: readonly ArrayLike<number>[]): string =>
    `${rows.length} seeds with ${rows.map((row) => row.length).join(', ')} queries`;
  if (a.length === 0 || shape(a) !== shape(b) || new Set(a.map((row) => row.length)).size > 1) {
    throw new ConfigError('paired outcomes must be over the same seeds and queries', {
      where,
      expected: shape(a),
      got: shape(b),
    });
  }
  return a.map((row, s) => {
    requireValues(where, row, 1);
    requireValues(where, b[s]!, 1);
    return Float64Array.from(row, (value, q) => {
      const [difference, size] = [
        value - b[s]![q]!,
        Math.max(Math.abs(value), Math.abs(b[s]![q]!)),
      ];
      return Math.abs(difference) > 1e-12 * size ? difference : 0;
    });
  });
}
