import type { Evaluation } from '../evaluate/evaluate-fusion';
import { notShown } from '../metrics/kinds';
import type { Metrics } from '../metrics/retrieval';
import { scaleOf } from '../metrics/scale';
import { crossedEstimate, type Interval } from '../statistics/crossed';

/** One metric of one model with what it must be held against. */
export interface MetricRow {
  readonly metric: string;
  readonly value: number;
  /** 95 %, over the choice of queries: it says nothing of another training. */
  readonly queryInterval: Interval | null;
  /** Undefined for a metric without a known chance. */
  readonly chance: number | undefined;
  /** Why it is no result; undefined where it is one. */
  readonly notShown: string | undefined;
  /** By name, the value of each scorer that stands beside; undefined where it has none. */
  readonly beside: Readonly<Record<string, number | undefined>>;
}

/** What is shown of an evaluation. */
type Measured = Pick<Evaluation, 'metrics' | 'outcomes' | 'chance'>;

/** Scorers by name, measured on the same split: floors, the model before training. */
export type Beside = Readonly<Record<string, Pick<Metrics, 'metrics'>>>;

/** Every metric of an evaluation with chance and what stands beside it. */
export function metricRows(evaluation: Measured, beside: Beside = {}): MetricRow[] {
  const { metrics, outcomes, chance } = evaluation;
  const reasons = notShown(Object.keys(metrics), chance);
  return Object.entries(metrics).map(([metric, value]) => {
    const row = outcomes[metric];
    return {
      metric,
      value,
      queryInterval:
        row === undefined
          ? null
          : crossedEstimate([row], scaleOf(metric, [[row]], 'mean')).queryInterval,
      chance: chance[metric],
      notShown: reasons[metric],
      beside: Object.fromEntries(
        Object.entries(beside).map(([name, scorer]) => [name, scorer.metrics[metric]]),
      ),
    };
  });
}

/**
 * The same as a plain-text table, a line a metric: value, 95 % range over test samples, what stands
 * beside it, chance. A metric that is no result says why.
 */
export function metricTable(evaluation: Measured, beside: Beside = {}): string {
  const names = Object.keys(beside);
  const figure = (value: number | undefined): string => value?.toFixed(4) ?? '';
  const rows = metricRows(evaluation, beside).map((row) => [
    row.metric,
    row.notShown === undefined ? figure(row.value) : 'not shown',
    row.notShown ?? row.queryInterval?.map(figure).join(' to ') ?? '',
    ...names.map((name) => figure(row.beside[name])),
    figure(row.chance),
  ]);
  return textTable([['', 'value', '95 % over test samples', ...names, 'chance'], ...rows]);
}

/** Rows of cells as aligned lines: the first column to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const [head, ...lines] = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const width = widths.reduce((sum, each) => sum + each + 2, -2);
  return [head, '-'.repeat(width), ...lines].join('\n');
}
