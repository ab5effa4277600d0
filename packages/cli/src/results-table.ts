import { textTable, verdict, type AblationResults, type Summary } from '@crossweave/lab';

/** The metrics of the table, in this order, as far as the results have them. */
const columns = [
  ['answering.accuracy', 'accuracy'],
  ['classification.accuracy', 'accuracy'],
  ['classification.f1Macro', 'F1 (macro)'],
  ['multi-label.f1Micro', 'F1 (micro)'],
  ['multi-label.meanAveragePrecision', 'mean average precision'],
  ['regression.mae', 'absolute error'],
  ['regression.rSquared', 'R²'],
  ['ordinal.mae', 'error in ranks'],
  ['ordinal.quadraticKappa', 'weighted κ'],
  ['matching.accuracy', 'matching'],
  ['retrieval.i2t.r1', 'image → text R@1'],
  ['retrieval.t2i.r1', 'text → image R@1'],
] as const;

/**
 * The results as a plain-text table, with what they say below it: the towers, a row an arm, floors
 * and chance.
 */
export function resultsTable(results: AblationResults): string {
  const metrics = columns.filter(([metric]) =>
    results.arms.some(({ summary }) => summary[metric] !== undefined),
  );
  const counted = results.arms.some(({ flops }) => flops !== undefined);
  const costs = ['parameters', ...(counted ? ['MFLOPs a pair'] : []), 'seconds'];
  const cells = (figures: (metric: string) => string | undefined): string[] =>
    metrics.map(([metric]) => (metric in results.notShown ? 'not shown' : (figures(metric) ?? '')));
  const beside = (name: string, values: Readonly<Record<string, number>>): string[] => [
    name,
    ...cells((metric) => values[metric]?.toFixed(3)),
    ...costs.map(() => ''),
  ];
  const baselines = (wanted: 'towers' | 'floor'): string[][] =>
    results.baselines
      .filter(({ kind }) => kind === wanted)
      .map(({ name, metrics: values }) => beside(name, values));

  const rows: string[][] = [
    ['', ...metrics.map(([, title]) => title), ...costs],
    ...baselines('towers'),
    ...results.arms.map(({ name, summary, params, flops, trials }) => [
      name,
      ...cells((metric) => figure(summary[metric])),
      params.toLocaleString('en'),
      ...(counted ? [flops === undefined ? '' : (flops / 1e6).toPrecision(3)] : []),
      trials.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0),
    ]),
    ...baselines('floor'),
    [
      'chance',
      ...metrics.map(([metric]) => results.chance?.[metric]?.toFixed(3) ?? ''),
      ...costs.map(() => ''),
    ],
  ];
  const hidden = metrics.flatMap(([metric, title]) =>
    metric in results.notShown ? [`${title} is not shown: ${results.notShown[metric]!}.`] : [],
  );
  return [textTable(rows), ...hidden, ...verdict(results), ...results.notes].join('\n\n');
}

/** A mean with its interval over seeds, where there is one. */
function figure(summary: Summary | undefined): string | undefined {
  if (summary === undefined) return undefined;
  const { mean, ci95 } = summary;
  const interval = ci95 === null ? '' : ` [${ci95[0].toFixed(3)}, ${ci95[1].toFixed(3)}]`;
  return mean.toFixed(3) + interval;
}
