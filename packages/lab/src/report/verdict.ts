import type { AblationResults, ArmResult, ComparisonResult } from '../ablation/results';
import {
  formatDifference,
  formatEstimate,
  formatMetric,
  formatP,
  isCost,
  metricLabel,
} from './labels';

/** What the results say of one metric, in a few sentences that claim no more than the intervals do. */
export function verdict(results: AblationResults, metric: string): string {
  const arms = results.arms.filter((arm) => metric in arm.summary);
  const order = [...arms].sort((a, b) => better(metric, b) - better(metric, a));
  const [best] = order;
  if (best === undefined) return 'No arm has been measured.';
  const { mean, ci95 } = best.summary[metric]!;
  const sentences = [
    `${metricLabel(metric)}: ${best.name} ${order.length > 1 ? 'comes first' : 'reaches'} with ` +
      `${formatEstimate(metric, mean, ci95)}.`,
    ...order.slice(1).map((other) => against(results.comparisons, metric, best, other)),
    ...standing(results, metric, best),
    scope(results.seeds.length),
  ];
  return sentences.join(' ');
}

function better(metric: string, arm: ArmResult): number {
  const { mean } = arm.summary[metric]!;
  return isCost(metric) ? -mean : mean;
}

function against(
  comparisons: readonly ComparisonResult[],
  metric: string,
  best: ArmResult,
  other: ArmResult,
): string {
  const found = comparisons.find(
    ({ a, b, metric: of }) =>
      of === metric && [a, b].includes(best.name) && [a, b].includes(other.name),
  );
  if (found === undefined) return '';
  const sign = found.a === best.name ? 1 : -1;
  const ci95 =
    found.ci95 &&
    ([...found.ci95].map((end) => sign * end).sort((x, y) => x - y) as [number, number]);
  const by = formatDifference(metric, sign * found.difference, ci95);
  if (found.pAdjusted === null) return `Against ${other.name}: ${by}, one value each.`;
  const p = `p ${found.pAdjusted < 0.001 ? '' : '= '}${formatP(found.pAdjusted)} after Holm’s correction`;
  return found.pAdjusted < 0.05
    ? `It differs from ${other.name} by ${by} (${p}).`
    : `Its lead over ${other.name}, ${by}, may be chance (${p}).`;
}

function standing(results: AblationResults, metric: string, best: ArmResult): string[] {
  const lines = referenceLines(results, metric);
  if (lines.length === 0) return [];
  const { mean, ci95 } = best.summary[metric]!;
  const cost = isCost(metric);
  const reach = ci95 === null ? mean : cost ? ci95[1] : ci95[0];
  const passed = lines.filter(({ value }) => (cost ? reach < value : reach > value));
  const open = lines.filter((line) => !passed.includes(line));
  const name = ({ label, value }: ReferenceLine): string =>
    `${label} (${formatMetric(metric, value)})`;
  return [
    ...(passed.length > 0 ? [`It is clearly better than ${list(passed.map(name))}.`] : []),
    ...(open.length > 0 ? [`It is not clearly better than ${list(open.map(name))}.`] : []),
  ];
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names);
}

function scope(seeds: number): string {
  return seeds > 1
    ? `Intervals (95\u00a0%) cover the choice of seeds (${seeds}) and of test samples.`
    : 'There is one seed only: intervals (95\u00a0%) cover the choice of test samples, not of the seed.';
}

export interface ReferenceLine {
  readonly label: string;
  readonly value: number;
}

/** Chance and floors of a metric, for lines in charts and rows in tables. */
export function referenceLines(results: AblationResults, metric: string): ReferenceLine[] {
  const all = { chance: results.chance ?? {}, ...results.floors };
  return Object.entries(all).flatMap(([label, metrics]) => {
    const value = metrics[metric];
    return value === undefined ? [] : [{ label, value }];
  });
}
