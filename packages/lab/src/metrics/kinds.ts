/**
 * What a metric's name says of it: `share` lies in [0, 1] and larger is better, `rank` is 1 or more
 * and smaller is better; of a `value` nothing is known.
 */
export function metricKind(metric: string): 'share' | 'rank' | 'value' {
  if (shares.test(metric)) return 'share';
  return /rank$/i.test(metric) ? 'rank' : 'value';
}

const shares =
  /(^|\.)(accuracy(\..+)?|balancedAccuracy|exactMatch|f1[A-Z]\w+|rocAuc|averagePrecision|meanAveragePrecision|r\d+|mrr)$/;

/** Whether smaller is better. */
export function isCost(metric: string): boolean {
  return /(rank|loss|brier|error|\.mae|\.rmse)$/i.test(metric);
}

type Figures = Readonly<Record<string, number>>;

/**
 * Why metrics are not shown as results: a share whose chance is above one half says little of who
 * has it (R@10 among 12 candidates, or where most candidates are right). With the R@1 of a
 * direction go all its other figures.
 */
export function notShown(metrics: readonly string[], chance: Figures = {}): Record<string, string> {
  const reasons: Record<string, string> = {};
  for (const metric of metrics) {
    const first = metric.replace(/^(retrieval\.[^.]+)\..+$/, '$1.r1');
    const cause = [metric, first].find((name) => saysLittle(name, chance));
    if (cause === undefined) continue;
    const of = cause === metric ? '' : ' of R@1';
    reasons[metric] = `chance${of} is ${chance[cause]!.toFixed(3)}`;
  }
  return reasons;
}

function saysLittle(metric: string, chance: Figures): boolean {
  // A choice between two, of chance one half exactly, is shown; rounding must not hide it.
  return metricKind(metric) === 'share' && (chance[metric] ?? 0) > 0.5 + 1e-9;
}
