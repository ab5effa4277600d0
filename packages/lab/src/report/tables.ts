import type { AblationResults, BaselineResult } from '../ablation/results';
import {
  chooseMetrics,
  formatChange,
  formatCount,
  formatFlops,
  formatInterval,
  formatMetric,
  formatP,
  kindMetrics,
  metricLabel,
} from './labels';

/**
 * A table as plain text, for either format. The first column names the row; what a cell has after a
 * line break is detail.
 */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The towers, the arms with their metrics, and below them floors and chance. */
export function mainTable(results: AblationResults): Table {
  const metrics = chooseMetrics(results);
  const counted = results.arms.some(({ flops }) => flops !== undefined);
  const costs = ['Parameters', ...(counted ? ['FLOPs a pair'] : []), 'Seconds a trial'];
  const uncounted = (row: readonly string[]): string[] => [...row, ...costs.map(() => '')];
  return {
    head: ['Arm', ...metrics.map(metricLabel), ...costs],
    rows: [
      ...baselineRows(results, 'towers', metrics).map(uncounted),
      ...results.arms.map((arm) => [
        arm.name,
        ...estimates(results, arm.name, metrics),
        formatCount(arm.params),
        ...(counted ? [arm.flops === undefined ? '–' : formatFlops(arm.flops)] : []),
        (arm.trials.reduce((sum, { seconds }) => sum + seconds, 0) / arm.trials.length).toFixed(1),
      ]),
      ...baselineRows(results, 'floor', metrics).map(uncounted),
      ...chanceRows(results, metrics).map(uncounted),
    ],
  };
}

/** Matching accuracy by kind of negative; undefined when there are no kinds. */
export function kindTable(results: AblationResults): Table | undefined {
  const metrics = kindMetrics(results);
  if (metrics.length === 0) return undefined;
  return {
    head: ['Arm', ...metrics.map((metric) => metric.slice('matching.accuracy.'.length))],
    rows: [
      ...baselineRows(results, 'towers', metrics),
      ...results.arms.map((arm) => [arm.name, ...estimates(results, arm.name, metrics)]),
      ...baselineRows(results, 'floor', metrics),
      ...chanceRows(results, metrics),
    ],
  };
}

/** Every pair of arms on every shown metric. */
export function comparisonTable(results: AblationResults): Table {
  const metrics = chooseMetrics(results);
  const beside = results.baselines.map(({ name }) => name);
  return {
    head: ['Comparison', 'Metric', 'Difference', 'p', 'p, Holm'],
    rows: results.comparisons
      .filter(({ metric, b }) => metrics.includes(metric) && !beside.includes(b))
      .map((comparison) => {
        const { a, b, metric, difference, p, pAdjusted } = comparison;
        return [
          `${a} − ${b}`,
          metricLabel(metric),
          cell(formatChange(metric, difference), formatInterval(metric, comparison)),
          formatP(p),
          formatP(pAdjusted),
        ];
      }),
  };
}

/** Every arm against the towers and the floors; undefined when there are none. */
export function baselineTable(results: AblationResults): Table | undefined {
  const metrics = chooseMetrics(results).filter((metric) => !(metric in results.notShown));
  if (results.baselines.length === 0 || metrics.length === 0) return undefined;
  return {
    head: ['Difference', ...metrics.map(metricLabel)],
    rows: results.baselines.flatMap(({ name }) =>
      results.arms.map((arm) => [
        `${arm.name} − ${name}`,
        ...metrics.map((metric) => {
          const found = results.comparisons.find(
            ({ a, b, metric: of }) => a === arm.name && b === name && of === metric,
          );
          if (found === undefined) return '–';
          const p = found.pAdjusted === null ? '' : `, p\u00a0${formatLevel(found.pAdjusted)}`;
          return cell(formatChange(metric, found.difference), formatInterval(metric, found) + p);
        }),
      ]),
    ),
  };
}

function cell(figure: string, detail: string): string {
  return detail === '' ? figure : `${figure}\n${detail}`;
}

function estimate(
  metric: string,
  summary: Parameters<typeof formatInterval>[1] & { readonly mean: number },
): string {
  return cell(formatMetric(metric, summary.mean), formatInterval(metric, summary));
}

function formatLevel(p: number): string {
  return p < 0.001 ? formatP(p) : `= ${formatP(p)}`;
}

/** A cell for a metric that is no result says why. */
function hidden(results: AblationResults, metric: string): string | undefined {
  const reason = results.notShown[metric];
  return reason === undefined ? undefined : cell('not shown:', reason);
}

function estimates(results: AblationResults, arm: string, metrics: readonly string[]): string[] {
  const { summary } = results.arms.find(({ name }) => name === arm)!;
  return metrics.map((metric) => {
    const found = summary[metric];
    return hidden(results, metric) ?? (found === undefined ? '–' : estimate(metric, found));
  });
}

function baselineRows(
  results: AblationResults,
  kind: BaselineResult['kind'],
  metrics: readonly string[],
): string[][] {
  return results.baselines
    .filter((baseline) => baseline.kind === kind && metrics.some((m) => m in baseline.metrics))
    .map(({ name, metrics: values, queryIntervals }) => [
      name,
      ...metrics.map((metric) => {
        const mean = values[metric];
        if (mean === undefined) return '–';
        const queryInterval = queryIntervals[metric] ?? null;
        return hidden(results, metric) ?? estimate(metric, { mean, ci95: null, queryInterval });
      }),
    ]);
}

function chanceRows({ chance = {} }: AblationResults, metrics: readonly string[]): string[][] {
  if (!metrics.some((metric) => metric in chance)) return [];
  const cells = metrics.map((metric) => {
    const value = chance[metric];
    return value === undefined ? '–' : formatMetric(metric, value);
  });
  return [['chance', ...cells]];
}
