import { notShown } from '../metrics/kinds';
import { scaleOf, type Rows } from '../metrics/scale';
import type { Metrics } from '../metrics/retrieval';
import { crossedEstimate, type Interval } from '../statistics/crossed';
import { holm } from '../statistics/holm';
import { mean } from '../statistics/moments';
import { pairedDifferences } from '../statistics/paired';
import type {
  AblationResults,
  ArmResult,
  BaselineResult,
  ComparisonResult,
  DataResult,
  Figures,
  Summary,
  Uncertainty,
} from './results';
import type { TrialRecord } from './trial-file';

/** A baseline before it is summed up. */
export interface Baseline extends Metrics {
  /** Must not be the name of an arm. */
  readonly name: string;
  readonly kind: BaselineResult['kind'];
}

/** What stands beside the trials. */
export interface AblationContext {
  /** Measured on the queries of the trials, in the same order. */
  readonly baselines?: readonly Baseline[];
  readonly chance?: Figures;
  readonly data?: DataResult;
  readonly notes?: readonly string[];
}

/**
 * Results of finished trials. Intervals count both seeds and queries as chance
 * ({@link crossedEstimate}) where trials tell outcomes per query, else seeds alone. Every pair of arms,
 * and every arm with every baseline, is compared on every metric both have, paired by seed and query.
 * p-values are adjusted by Holm's method within each metric: over all pairs of arms, and over all
 * arms against one baseline.
 */
export function summarise(
  arms: readonly string[],
  seeds: readonly number[],
  trials: readonly TrialRecord[],
  context: AblationContext = {},
): AblationResults {
  const { baselines = [], chance, data, notes = [] } = context;
  const trialsOf = (arm: string): TrialRecord[] =>
    seeds.map((seed) => trials.find((trial) => trial.arm === arm && trial.seed === seed)!);
  const results = arms.map((arm) => armResult(arm, trialsOf(arm)));
  const metrics = [...new Set(results.flatMap((arm) => Object.keys(arm.summary)))];
  const hidden = notShown(metrics, chance);

  const comparisons = metrics
    .filter((metric) => !(metric in hidden))
    .flatMap((metric) => {
      const having = arms.filter((_, i) => metric in results[i]!.summary);
      const pairs = having.flatMap((a, i) =>
        having.slice(i + 1).map((b) => compare(metric, a, b, trialsOf(a), trialsOf(b))),
      );
      const beside = baselines.filter((baseline) => metric in baseline.metrics);
      return [
        ...adjusted(pairs),
        ...beside.flatMap((baseline) =>
          adjusted(
            having.map((arm) => {
              const repeated = seeds.map(() => ({ outcome: baseline }));
              return compare(metric, arm, baseline.name, trialsOf(arm), repeated);
            }),
          ),
        ),
      ];
    });
  return {
    schema: 2,
    seeds,
    arms: results,
    baselines: baselines.map(baselineResult),
    comparisons,
    ...(chance && { chance }),
    notShown: hidden,
    ...(data && { data }),
    notes,
  };
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
      shared.map((metric): [string, Summary] => {
        const rows = rowsOf(metric, trials);
        const figures = trials.map(({ outcome }) => outcome.metrics[metric]!);
        const { ci95, queryInterval } = crossedEstimate(rows, scaleOf(metric, [rows], 'mean'));
        return [
          metric,
          { mean: mean(figures), ...uncertainty(ci95, queryInterval, rows), n: trials.length },
        ];
      }),
    ),
  };
}

function baselineResult({ name, kind, metrics, outcomes }: Baseline): BaselineResult {
  const intervals = Object.entries(outcomes).flatMap(([metric, row]) => {
    const { queryInterval } = crossedEstimate([row], scaleOf(metric, [[row]], 'mean'));
    return queryInterval === null ? [] : [[metric, queryInterval] as const];
  });
  return { name, kind, metrics, queryIntervals: Object.fromEntries(intervals) };
}

/** A trial or a baseline. */
interface Measured {
  readonly outcome: Pick<Metrics, 'metrics'> & Partial<Metrics>;
}

function compare(
  metric: string,
  a: string,
  b: string,
  aTrials: readonly Measured[],
  bTrials: readonly Measured[],
): ComparisonResult {
  let [left, right] = [rowsOf(metric, aTrials), rowsOf(metric, bTrials)];
  // Arms of which only one tells outcomes per query are compared by their figures.
  if (left[0]!.length !== right[0]!.length) {
    [left, right] = [figuresOf(metric, aTrials), figuresOf(metric, bTrials)];
  }
  const differences = pairedDifferences(`comparing ${a} with ${b}`, left, right);
  const scale = scaleOf(metric, [left, right], 'difference');
  const { ci95, queryInterval, p, mean: difference } = crossedEstimate(differences, scale);
  return {
    a,
    b,
    metric,
    difference,
    ...uncertainty(ci95, queryInterval, left),
    p,
    pAdjusted: null,
  };
}

function adjusted(comparisons: readonly ComparisonResult[]): ComparisonResult[] {
  const tested = comparisons.filter(({ p }) => p !== null);
  const levels = holm(tested.map(({ p }) => p!));
  return comparisons.map((comparison) => ({
    ...comparison,
    pAdjusted: levels[tested.indexOf(comparison)] ?? null,
  }));
}

function uncertainty(
  ci95: Interval | null,
  queryInterval: Interval | null,
  rows: Rows,
): Uncertainty {
  const over = rows[0]!.length > 1 ? 'seeds and queries' : 'seeds';
  return { ci95, over: ci95 === null ? null : over, queryInterval };
}

/** [seed][query]; one "query" a seed, the figure itself, where trials do not tell outcomes. */
function rowsOf(metric: string, trials: readonly Measured[]): Rows {
  const rows = trials.map(({ outcome }) => outcome.outcomes?.[metric] ?? []);
  const length = rows[0]?.length ?? 0;
  const usable = length > 0 && rows.every((row) => row.length === length);
  return usable ? rows : figuresOf(metric, trials);
}

function figuresOf(metric: string, trials: readonly Measured[]): number[][] {
  return trials.map(({ outcome }) => [outcome.metrics[metric]!]);
}
