/** Figures compared, and set as a table in Markdown. */
import type { Figures } from './measure';

const metrics = ['i2t.r1', 'i2t.r5', 'i2t.mrr', 't2i.r1', 't2i.r5', 't2i.mrr'];
const TOLERANCE = 1e-4;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The figure of a metric. @throws Error where it is missing. */
function figure(figures: Figures, metric: string): number {
  const value = figures[`retrieval.${metric}`];
  if (value === undefined) throw new Error(`no retrieval.${metric} in the figures`);
  return value;
}

/** The mean reciprocal rank, over both directions: between 0 and 1. */
export const overall = (figures: Figures): number =>
  mean([figure(figures, 'i2t.mrr'), figure(figures, 't2i.mrr')]);

/** @throws Error where a metric of `got` is more than 1e-4 from that of `expected`. */
export function agree(got: Figures, expected: Figures, where: string): void {
  for (const metric of metrics) {
    const gap = Math.abs(figure(got, metric) - figure(expected, metric));
    if (!(gap <= TOLERANCE))
      throw new Error(`${where}: ${metric} began ${gap} from the checkpoint's`);
  }
}

/** Percent: the value of one seed, or the mean of several with the least and the greatest in brackets. */
function shown(values: readonly number[]): string {
  const percent = (value: number): string => (100 * value).toFixed(1);
  if (values.length === 1) return percent(values[0]!);
  return `${percent(mean(values))} [${percent(Math.min(...values))}, ${percent(Math.max(...values))}]`;
}

/** Rows of one or more seeds each; with `start`, also the share of its mean reciprocal rank that a row lost. */
export function table(
  rows: readonly (readonly [string, readonly Figures[]])[],
  start?: Figures,
): string {
  const lost = (each: Figures): number => 1 - overall(each) / overall(start!);
  const head = ['', ...metrics, ...(start === undefined ? [] : ['MRR lost'])];
  const cells = rows.map(([name, figures]) => [
    name,
    ...metrics.map((metric) => shown(figures.map((each) => figure(each, metric)))),
    ...(start === undefined ? [] : [shown(figures.map(lost))]),
  ]);
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [head, rule, ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
