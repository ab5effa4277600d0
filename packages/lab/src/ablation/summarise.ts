import { crossedEstimate, type CrossedEstimate } from '../statistics/crossed';
import { holm } from '../statistics/holm';
import { mean } from '../statistics/moments';
import { pairedDifferences } from '../statistics/paired';
import type { AblationResults, ArmResult, ComparisonResult, Summary } from './results';
import type { TrialRecord } from './trial-file';

/**
 * Results of finished trials. Intervals count both seeds and queries as chance
 * ({@link crossedEstimate}) where trials tell outcomes per query, else seeds alone. Every pair of arms is
 * compared on every metric both have, paired by seed and query; p-values are adjusted by Holm's
 * method within each metric.
 */
export function summarise(
  arms: readonly string[],
  seeds: readonly number[],
  trials: readonly TrialRecord[],
): AblationResults {
  const trialsOf = (arm: string): TrialRecord[] =>
    seeds.map((seed) => trials.find((trial) => trial.arm === arm && trial.seed === seed)!);
  const results = arms.map((arm) => armResult(arm, trialsOf(arm)));

  const comparisons: ComparisonResult[] = [];
  for (const metric of new Set(results.flatMap((arm) => Object.keys(arm.summary)))) {
    const having = arms.filter((_, i) => metric in results[i]!.summary);
    const found = having.flatMap((a, i) =>
      having.slice(i + 1).map((b) => compare(metric, a, trialsOf(a), b, trialsOf(b))),
    );
    const tested = found.filter((comparison) => comparison.p !== null);
    const adjusted = holm(tested.map(({ p }) => p!));
    comparisons.push(
      ...found.map((comparison) => ({
        ...comparison,
        pAdjusted: adjusted[tested.indexOf(comparison)] ?? null,
      })),
    );
  }
  return { schema: 1, seeds, arms: results, comparisons };
}

function armResult(name: string, trials: readonly TrialRecord[]): ArmResult {
  const shared = Object.keys(trials[0]?.outcome.metrics ?? {}).filter((metric) =>
    trials.every(({ outcome }) => metric in outcome.metrics),
  );
  const flops = trials[0]?.outcome.flops;
  return {
    name,
    params: trials[0]?.outcome.params ?? 0,
    ...(flops !== undefined && { flops }),
    trials: trials.map(({ seed, outcome: { metrics, steps, seconds } }) => ({
      seed,
      metrics,
      steps,
      seconds,
    })),
    summary: Object.fromEntries(
      shared.map((metric): [string, Summary] => [
        metric,
        {
          mean: mean(trials.map(({ outcome }) => outcome.metrics[metric]!)),
          ci95: intervalOf(perQuery(metric, trials)),
          n: trials.length,
        },
      ]),
    ),
  };
}

/** The interval; of a share (all outcomes in [0, 1]) the part that a share can have. */
function intervalOf(rows: readonly (readonly number[])[]): readonly [number, number] | null {
  const interval = estimate(rows)?.ci95;
  if (interval === undefined) return null;
  const share = rows.every((row) => row.every((value) => value >= 0 && value <= 1));
  const [low, high] = interval;
  return share ? [Math.max(0, low), Math.min(1, high)] : [low, high];
}

function compare(
  metric: string,
  a: string,
  aTrials: readonly TrialRecord[],
  b: string,
  bTrials: readonly TrialRecord[],
): Omit<ComparisonResult, 'pAdjusted'> {
  let [left, right] = [perQuery(metric, aTrials), perQuery(metric, bTrials)];
  // Arms of which only one tells outcomes per query are compared by their figures.
  if (left[0]!.length !== right[0]!.length) {
    [left, right] = [figures(metric, aTrials), figures(metric, bTrials)];
  }
  const differences = pairedDifferences(`comparing ${a} with ${b}`, left, right);
  const found = estimate(differences);
  return {
    a,
    b,
    metric,
    difference: found?.mean ?? mean(differences[0]!),
    ci95: found?.ci95 ?? null,
    p: found?.p ?? null,
  };
}

/** [seed][query]; one "query" a seed, the figure itself, where trials do not tell outcomes. */
function perQuery(metric: string, trials: readonly TrialRecord[]): readonly (readonly number[])[] {
  const rows = trials.map(({ outcome }) => outcome.outcomes?.[metric] ?? []);
  const length = rows[0]?.length ?? 0;
  const usable = length > 0 && rows.every((row) => row.length === length);
  return usable ? rows : figures(metric, trials);
}

function figures(metric: string, trials: readonly TrialRecord[]): number[][] {
  return trials.map(({ outcome }) => [outcome.metrics[metric]!]);
}

function estimate(rows: readonly ArrayLike<number>[]): CrossedEstimate | undefined {
  return rows.length * rows[0]!.length < 2 ? undefined : crossedEstimate(rows);
}
