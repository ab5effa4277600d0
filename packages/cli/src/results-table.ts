import type { AblationResults, Summary } from '@crossweave/lab';

/** The metrics of the table, in this order, as far as the results have them. */
const columns = [
  ['matching.accuracy', 'matching'],
  ['retrieval.i2t.r1', 'image → text R@1'],
  ['retrieval.t2i.r1', 'text → image R@1'],
] as const;

/** The results as a plain-text table: a row an arm, chance and floors below. */
export function resultsTable(results: AblationResults): string {
  const metrics = columns.filter(([metric]) =>
    results.arms.some(({ summary }) => summary[metric] !== undefined),
  );
  const counted = results.arms.some(({ flops }) => flops !== undefined);
  const costs = ['parameters', ...(counted ? ['MFLOPs a pair'] : []), 'seconds'];
  const rows: string[][] = [['', ...metrics.map(([, title]) => title), ...costs]];
  for (const { name, summary, params, flops, trials } of results.arms) {
    const seconds = trials.reduce((sum, trial) => sum + trial.seconds, 0);
    rows.push([
      name,
      ...metrics.map(([metric]) => figure(summary[metric])),
      params.toLocaleString('en'),
      ...(counted ? [flops === undefined ? '' : (flops / 1e6).toPrecision(3)] : []),
      seconds.toFixed(0),
    ]);
  }
  for (const [name, values] of Object.entries({
    ...results.floors,
    chance: results.chance ?? {},
  })) {
    rows.push([
      name,
      ...metrics.map(([metric]) => values[metric]?.toFixed(3) ?? ''),
      ...costs.map(() => ''),
    ]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  '),
  );
  return [lines[0], '-'.repeat(lines[0]!.length), ...lines.slice(1)].join('\n');
}

function figure(summary: Summary | undefined): string {
  if (summary === undefined) return '';
  const { mean, ci95 } = summary;
  const interval = ci95 === null ? '' : ` [${ci95[0].toFixed(3)}, ${ci95[1].toFixed(3)}]`;
  return mean.toFixed(3) + interval;
}
