import type { AblationResults } from '../ablation/results';
import {
  chooseMetrics,
  formatCount,
  formatDifference,
  formatEstimate,
  formatFlops,
  formatMetric,
  formatP,
  kindMetrics,
  metricLabel,
} from './labels';

/** A table as plain text, for either format. The first column names the row. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Arms with their metrics; below them chance and the floors. */
export function mainTable(results: AblationResults): Table {
  const metrics = chooseMetrics(results);
  const counted = results.arms.some(({ flops }) => flops !== undefined);
  const costs = ['Parameters', ...(counted ? ['FLOPs a pair'] : []), 'Seconds a trial'];
  return {
    head: ['Arm', ...metrics.map(metricLabel), ...costs],
    rows: [
      ...results.arms.map((arm) => [
        arm.name,
        ...estimates(results, arm.name, metrics),
        formatCount(arm.params),
        ...(counted ? [arm.flops === undefined ? '–' : formatFlops(arm.flops)] : []),
        (arm.trials.reduce((sum, { seconds }) => sum + seconds, 0) / arm.trials.length).toFixed(1),
      ]),
      ...references(results, metrics).map((row) => [...row, ...costs.map(() => '')]),
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
      ...results.arms.map((arm) => [arm.name, ...estimates(results, arm.name, metrics)]),
      ...references(results, metrics),
    ],
  };
}

/** Every pair of arms on every shown metric. */
export function comparisonTable(results: AblationResults): Table {
  const metrics = chooseMetrics(results);
  return {
    head: ['Comparison', 'Metric', 'Difference', 'p', 'p, Holm'],
    rows: results.comparisons
      .filter(({ metric }) => metrics.includes(metric))
      .map(({ a, b, metric, difference, ci95, p, pAdjusted }) => [
        `${a} − ${b}`,
        metricLabel(metric),
        formatDifference(metric, difference, ci95),
        formatP(p),
        formatP(pAdjusted),
      ]),
  };
}

function estimates(results: AblationResults, arm: string, metrics: readonly string[]): string[] {
  const { summary } = results.arms.find(({ name }) => name === arm)!;
  return metrics.map((metric) => {
    const found = summary[metric];
    return found === undefined ? '–' : formatEstimate(metric, found.mean, found.ci95);
  });
}

function references(results: AblationResults, metrics: readonly string[]): string[][] {
  const all = { ...(results.chance && { chance: results.chance }), ...results.floors };
  const known = Object.entries(all).filter(([, values]) => metrics.some((m) => m in values));
  return known.map(([label, values]) => [
    label,
    ...metrics.map((metric) => {
      const value = values[metric];
      return value === undefined ? '–' : formatMetric(metric, value);
    }),
  ]);
}
