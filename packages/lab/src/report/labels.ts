import type { AblationResults, Uncertainty } from '../ablation/results';

const ways: Readonly<Record<string, string>> = { i2t: 'Image to text', t2i: 'Text to image' };

/** A metric's name for readers: `retrieval.i2t.r1` is “Image to text, R@1”. */
export function metricLabel(metric: string): string {
  if (metric === 'matching.accuracy') return 'Matching accuracy';
  const kind = /^matching\.accuracy\.(.+)$/.exec(metric)?.[1];
  if (kind !== undefined) return `Matching accuracy, ${kind}`;
  const [, task, name] =
    /^(classification|multi-label|regression|ordinal|answering)\.(.+)$/.exec(metric) ?? [];
  if (task !== undefined && name !== undefined) {
    return `${task[0]!.toUpperCase()}${task.slice(1)}, ${taskFigures[name] ?? name}`;
  }
  const [, way, figure] = /^retrieval\.(i2t|t2i)\.(.+)$/.exec(metric) ?? [];
  if (way === undefined || figure === undefined) return metric;
  const figures: Readonly<Record<string, string>> = {
    mrr: 'mean reciprocal rank',
    meanRank: 'mean rank',
    medianRank: 'median rank',
  };
  return `${ways[way]!}, ${figures[figure] ?? figure.replace(/^r(\d+)$/, 'R@$1')}`;
}

const taskFigures: Readonly<Record<string, string>> = {
  balancedAccuracy: 'balanced accuracy',
  exactMatch: 'exact match',
  f1Micro: 'F1 (micro)',
  f1Macro: 'F1 (macro)',
  f1Weighted: 'F1 (weighted)',
  rocAuc: 'ROC AUC',
  averagePrecision: 'average precision',
  meanAveragePrecision: 'mean average precision',
  logLoss: 'log loss',
  brier: 'Brier score',
  calibrationError: 'calibration error',
  mae: 'mean absolute error',
  rmse: 'root mean squared error',
  rSquared: 'R²',
  spearman: 'Spearman’s ρ',
  quadraticKappa: 'κ with quadratic weights',
};

/** Whether a metric is shown in percent. */
export function isShare(metric: string): boolean {
  return /(^|\.)(accuracy(\..+)?|balancedAccuracy|exactMatch|f1[A-Z]\w+|r\d+)$/.test(metric);
}

/** A value of a metric with its unit, never broken between them: `71.3 %`, `4.2`. */
export function formatMetric(metric: string, value: number): string {
  return isShare(metric) ? `${formatFigure(metric, value)}\u00a0%` : formatFigure(metric, value);
}

/** The same without the unit, for intervals. */
export function formatFigure(metric: string, value: number): string {
  if (isShare(metric)) return (100 * value).toFixed(1);
  return Math.abs(value) < 10 ? value.toFixed(3) : value.toFixed(1);
}

/** An interval over seeds, `[66.0, 76.1]`; with one seed, `(test samples: 66.0, 76.1)`. */
export function formatInterval(
  metric: string,
  { ci95, queryInterval }: Pick<Uncertainty, 'ci95' | 'queryInterval'>,
): string {
  const ends = (interval: readonly number[]): string =>
    interval.map((end) => minus(formatFigure(metric, end))).join(', ');
  if (ci95 !== null) return `[${ends(ci95)}]`;
  return queryInterval === null ? '' : `(test samples: ${ends(queryInterval)})`;
}

/** A mean with its interval: `71.3 % [66.0, 76.1]`. */
export function formatEstimate(
  metric: string,
  summary: Pick<Uncertainty, 'ci95' | 'queryInterval'> & { readonly mean: number },
): string {
  return `${formatMetric(metric, summary.mean)} ${formatInterval(metric, summary)}`.trim();
}

/** `+5.2 points`; what rounds to 0 has no sign. */
export function formatChange(metric: string, difference: number): string {
  const figure = formatFigure(metric, Math.abs(difference));
  const sign = Number(figure) === 0 ? '' : difference < 0 ? '−' : '+';
  return sign + figure + (isShare(metric) ? '\u00a0points' : '');
}

/** A difference of two arms: `+5.2 points [1.1, 9.3]`. */
export function formatDifference(
  metric: string,
  comparison: Pick<Uncertainty, 'ci95' | 'queryInterval'> & { readonly difference: number },
): string {
  return `${formatChange(metric, comparison.difference)} ${formatInterval(metric, comparison)}`.trim();
}

export function formatP(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 12.3 M, 1.5 G. */
export function formatFlops(count: number): string {
  const [size, unit] =
    count < 1e6 ? [1e3, 'k'] : count < 1e9 ? [1e6, 'M'] : count < 1e12 ? [1e9, 'G'] : [1e12, 'T'];
  return `${(count / size).toPrecision(3)} ${unit}`;
}

function minus(text: string): string {
  return text.replace('-', '−');
}

/** What a task is judged by. */
const judgedBy = [
  'answering.accuracy',
  'classification.accuracy',
  'multi-label.f1Micro',
  'regression.mae',
  'ordinal.mae',
];

/** The figures of tasks that every report shows when they are there. */
const taskMetrics = [
  ...judgedBy,
  'classification.balancedAccuracy',
  'classification.f1Macro',
  'classification.logLoss',
  'answering.accuracy.yes-no',
  'answering.accuracy.number',
  'answering.accuracy.other',
  'answering.f1Macro',
  'answering.logLoss',
  'multi-label.exactMatch',
  'multi-label.f1Macro',
  'multi-label.meanAveragePrecision',
  'regression.rmse',
  'regression.rSquared',
  'regression.spearman',
  'ordinal.accuracy',
  'ordinal.quadraticKappa',
  'ordinal.spearman',
];

/** Metrics every report shows when they are there. */
const preferred = [
  ...taskMetrics,
  'matching.accuracy',
  'retrieval.i2t.r1',
  'retrieval.t2i.r1',
  'retrieval.i2t.r5',
  'retrieval.t2i.r5',
  'retrieval.i2t.r10',
  'retrieval.t2i.r10',
];

/** What the verdict is about. */
const main = [...judgedBy, 'matching.accuracy', 'retrieval.i2t.r1', 'retrieval.t2i.r1'];

/** The metrics to show, best known first; all when none is known. */
export function chooseMetrics(results: AblationResults): string[] {
  const present = metricsOf(results);
  const known = preferred.filter((metric) => present.includes(metric));
  return known.length > 0 ? known : present;
}

/** The best known metrics that say something: what the verdict is about. */
export function verdictMetrics(results: AblationResults): string[] {
  const shown = chooseMetrics(results).filter((metric) => !(metric in results.notShown));
  const told = shown.filter((metric) => main.includes(metric));
  return told.length > 0 ? told : shown.slice(0, 1);
}

/** Matching by kind of negative. */
export function kindMetrics(results: AblationResults): string[] {
  return metricsOf(results).filter((metric) => metric.startsWith('matching.accuracy.'));
}

function metricsOf(results: AblationResults): string[] {
  return [...new Set(results.arms.flatMap((arm) => Object.keys(arm.summary)))];
}
