import type { AblationResults, ArmResult, ComparisonResult } from '../ablation/results';
import { isCost } from '../metrics/kinds';
import {
  formatDifference,
  formatEstimate,
  formatMetric,
  formatP,
  metricLabel,
  verdictMetrics,
} from './labels';

const level = 0.05;

/**
 * What the results say of their best known metrics, a paragraph each, and no more than the
 * statistics do. An arm comes first only where its adjusted comparison with every other says so.
 */
export function verdict(results: AblationResults): string[] {
  if (results.arms.length === 0) return ['No arm has been measured.'];
  const metrics = verdictMetrics(results);
  if (metrics.length === 0) {
    return ['Nothing was measured that tells a good scorer from one that knows nothing.'];
  }
  return [
    ...metrics.map((metric) => {
      const sentences = [
        ...order(results, metric),
        ...overTowers(results, metric),
        ...overReferences(results, metric),
        ...belowFloor(results, metric),
      ];
      return `${metricLabel(metric)}: ${sentences.join(' ')}`;
    }),
    scope(results.seeds.length),
  ];
}

/** Which arm comes first, if any does. */
function order(results: AblationResults, metric: string): string[] {
  const sorted = having(results, metric).sort((a, b) => goodness(metric, b) - goodness(metric, a));
  const told = (arm: ArmResult): string => formatEstimate(metric, arm.summary[metric]!);
  const [best, ...others] = sorted;
  if (best === undefined) return [];
  if (others.length === 0) return [`${best.name} reaches ${told(best)}.`];
  if (results.seeds.length === 1) {
    const all = sorted.map((arm) => `${arm.name} ${told(arm)}`);
    return [`${list(all)}; one training each does not tell which is better.`];
  }
  const against = others.map((other) => ({ other, found: compare(results, metric, best, other) }));
  const below = against.flatMap(({ other, found }) =>
    found !== undefined && isClear(found)
      ? [`from ${other.name} by ${differenceOf(metric, found)}`]
      : [],
  );
  const apart = (who: string): string[] =>
    below.length > 0 ? [`${who} differs ${list(below)}.`] : [];
  const equals = against.filter(({ found }) => !isClear(found)).map(({ other }) => other);
  if (equals.length === 0) return [`${best.name} comes first with ${told(best)}.`, ...apart('It')];
  const named = list([best, ...equals].map((arm) => `${arm.name} (${told(arm)})`));
  return [`${named} are not told apart.`, ...apart(best.name)];
}

/** Each arm against the towers that all of them start from. */
function overTowers(results: AblationResults, metric: string): string[] {
  return results.baselines
    .filter(({ kind, metrics }) => kind === 'towers' && metric in metrics)
    .flatMap(({ name, metrics }) => {
      const found = having(results, metric).flatMap(
        (arm) => find(results, metric, arm.name, name) ?? [],
      );
      if (found.length === 0) return [];
      const above = found.filter((each) => gain(metric, each) > 0);
      const clear = results.seeds.length === 1 ? [] : above.filter(isClear);
      const names = list((clear.length > 0 ? clear : above).map(({ a }) => a));
      const said =
        above.length === 0
          ? 'No arm is above them.'
          : clear.length > 0
            ? `Clearly above them: ${names}.`
            : results.seeds.length === 1
              ? `Above them in this one training: ${names}.`
              : 'No arm is clearly above them.';
      const each = list(found.map((one) => `${one.a} ${differenceOf(metric, one)}`));
      const all = `Over the ${name} (${formatMetric(metric, metrics[metric]!)}): ${each}. ${said}`;
      const below = found.filter((one) => gain(metric, one) < 0);
      if (below.length === 0) return [all];
      // An arm may end below what it started from; a reader must not have to find that in a table.
      return [all, `Below them: ${list(below.map(({ a }) => a))}.`];
    });
}

/** Which arms are above chance and floors. */
function overReferences(results: AblationResults, metric: string): string[] {
  const arms = having(results, metric);
  const [how, where] = results.seeds.length > 1 ? ['clearly ', ''] : ['', ' in this one training'];
  const sentences: string[] = [];
  const passed: string[] = [];
  for (const { label, value } of referenceLines(results, metric, ['chance', 'floor'])) {
    const it = `${label} (${formatMetric(metric, value)})`;
    const short = arms.filter((arm) => !stands(results, metric, arm, label, value));
    if (short.length === 0) passed.push(it);
    else if (short.length === arms.length) sentences.push(`No arm is ${how}above ${it}${where}.`);
    else sentences.push(`Not ${how}above ${it}${where}: ${list(short.map(({ name }) => name))}.`);
  }
  if (passed.length > 0) sentences.unshift(`All arms are ${how}above ${list(passed)}${where}.`);
  return sentences;
}

/**
 * Names the arms that do not pass the best floor: what knows one side alone, or both without their
 * interaction, does as well.
 */
function belowFloor(results: AblationResults, metric: string): string[] {
  const floors = referenceLines(results, metric, ['floor']);
  const best = floors.reduce<(typeof floors)[number] | undefined>((top, line) => {
    const better = isCost(metric) ? -1 : 1;
    return top === undefined || better * (line.value - top.value) > 0 ? line : top;
  }, undefined);
  if (best === undefined || floors.length < 2) return [];
  const short = having(results, metric).filter(
    (arm) => !stands(results, metric, arm, best.label, best.value),
  );
  if (short.length === 0) return [];
  const it = `${best.label} (${formatMetric(metric, best.value)})`;
  return [
    `The best floor is ${it}: that ${list(short.map(({ name }) => name))} ` +
      `${short.length === 1 ? 'joins' : 'join'} image and text to any use is not shown.`,
  ];
}

/** Above a floor by their comparison, above chance by its interval; with one seed by its figure. */
function stands(
  results: AblationResults,
  metric: string,
  arm: ArmResult,
  reference: string,
  value: number,
): boolean {
  const found = find(results, metric, arm.name, reference);
  if (found !== undefined && results.seeds.length > 1) {
    return gain(metric, found) > 0 && isClear(found);
  }
  const { mean, ci95 } = arm.summary[metric]!;
  const cost = isCost(metric);
  if (results.seeds.length > 1 && ci95 === null) return false;
  const reach = ci95 === null ? mean : cost ? ci95[1] : ci95[0];
  return cost ? reach < value : reach > value;
}

function scope(seeds: number): string {
  if (seeds === 1) {
    return (
      'There is one seed only. Ranges after “test samples” (95\u00a0%) hold for these trained ' +
      'models; what another seed would give is not known.'
    );
  }
  const few = seeds === 2 ? ' Two seeds tell little of others: take five.' : '';
  return (
    `Intervals (95\u00a0%) cover the choice of seeds (${seeds}) and of test samples; ` +
    `p-values are after Holm’s correction.${few}`
  );
}

function having(results: AblationResults, metric: string): ArmResult[] {
  return results.arms.filter((arm) => metric in arm.summary);
}

function goodness(metric: string, arm: ArmResult): number {
  const { mean } = arm.summary[metric]!;
  return isCost(metric) ? -mean : mean;
}

/** By how much a is better than b. */
function gain(metric: string, { difference }: ComparisonResult): number {
  return isCost(metric) ? -difference : difference;
}

function isClear(found: ComparisonResult | undefined): boolean {
  return found !== undefined && found.pAdjusted !== null && found.pAdjusted < level;
}

function find(
  { comparisons }: AblationResults,
  metric: string,
  a: string,
  b: string,
): ComparisonResult | undefined {
  return comparisons.find((each) => each.metric === metric && each.a === a && each.b === b);
}

/** The comparison of two arms from the side of the first. */
function compare(
  results: AblationResults,
  metric: string,
  first: ArmResult,
  second: ArmResult,
): ComparisonResult | undefined {
  const straight = find(results, metric, first.name, second.name);
  const turned = find(results, metric, second.name, first.name);
  if (straight !== undefined || turned === undefined) return straight;
  const negate = (ends: readonly [number, number] | null): [number, number] | null =>
    ends && [-ends[1], -ends[0]];
  return {
    ...turned,
    a: turned.b,
    b: turned.a,
    difference: -turned.difference,
    ci95: negate(turned.ci95),
    queryInterval: negate(turned.queryInterval),
  };
}

function differenceOf(metric: string, found: ComparisonResult): string {
  const { pAdjusted } = found;
  const p =
    pAdjusted === null ? '' : ` (p\u00a0${pAdjusted < 0.001 ? '' : '= '}${formatP(pAdjusted)})`;
  return formatDifference(metric, found) + p;
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names);
}

/** A value beside those of the arms. */
export interface ReferenceLine {
  readonly label: string;
  readonly kind: 'chance' | 'floor' | 'towers';
  readonly value: number;
}

/** Chance and baselines of a metric, for lines in charts and rows in tables. */
export function referenceLines(
  { chance = {}, baselines }: AblationResults,
  metric: string,
  kinds: readonly ReferenceLine['kind'][] = ['chance', 'floor', 'towers'],
): ReferenceLine[] {
  const all = [{ name: 'chance', kind: 'chance' as const, metrics: chance }, ...baselines];
  return all.flatMap(({ name, kind, metrics }) => {
    const value = metrics[metric];
    return value === undefined || !kinds.includes(kind) ? [] : [{ label: name, kind, value }];
  });
}
