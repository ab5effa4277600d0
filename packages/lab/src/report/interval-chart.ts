import type { AblationResults } from '../ablation/results';
import { formatEstimate, formatMetric, isShare, metricLabel } from './labels';
import { markup, type Markup } from '@crossweave/core/authoring';
import { ticks } from './scale';
import { referenceLines } from './verdict';

// Drawn for a column as narrow as a telephone: text keeps its size there.
const width = 330;
const left = 8;
const right = 322;
const rowHeight = 38;
const top = 8;

/**
 * One metric: the towers and each arm with its mean (dot), 95 % interval (bar; thin and dashed where
 * it is over test samples alone) and trials (rings); dashed lines for chance, dotted ones for floors.
 */
export function intervalChart(results: AblationResults, metric: string): Markup {
  const rowsShown = rowsOf(results, metric);
  const lines = referenceLines(results, metric);
  const shown = [
    ...rowsShown.flatMap(({ mean, ends, trials }) => [mean, ...ends, ...trials]),
    ...lines.map(({ value }) => value),
  ];
  const limits = isShare(metric) ? ([0, 1] as const) : undefined;
  const marks = ticks(Math.min(...shown), Math.max(...shown), 5, limits);
  const [low, high] = [marks[0]!, marks.at(-1)!];
  const x = (value: number): number =>
    round(left + ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (right - left));
  const bottom = top + rowsShown.length * rowHeight;
  const label = metricLabel(metric);
  const height = bottom + 22;

  const rows = rowsShown.map((row, i) => {
    const y = top + i * rowHeight + 27;
    const [low, high] = row.ends;
    return markup` <g class="arm ${row.style}">
      <text class="name" x="${left}" y="${y - 13}">${row.name}</text>
      <text class="value" x="${right}" y="${y - 13}">${row.value}</text>
      ${lines.map(({ value, label: of, kind }) => markup`<line class="reference ${kind}" x1="${x(value)}" x2="${x(value)}" y1="${y - 8}" y2="${y + 8}"><title>${of} ${formatMetric(metric, value)}</title></line>`)}
      ${low === undefined || high === undefined ? undefined : markup`<line class="interval ${row.overSeeds ? '' : 'queries'}" x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}" />`}
      ${row.trials.map((value) => markup`<circle class="trial" cx="${x(value)}" cy="${y}" r="3" />`)}
      <circle class="mean" cx="${x(row.mean)}" cy="${y}" r="5" />
    </g>`;
  });
  const description = rowsShown.map(({ name, told }) => `${name} ${told}`).join('; ');
  return markup`<figure>
    <figcaption>${label}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}: ${description}">
      ${marks.map(
        (mark) =>
          markup`<line class="grid" x1="${x(mark)}" x2="${x(mark)}" y1="${top}" y2="${bottom}" />
            <text
              class="tick ${mark === low ? 'first' : mark === high ? 'last' : ''}"
              x="${x(mark)}"
              y="${bottom + 15}">${tick(metric, mark)}</text>`,
      )}
      ${rows}
    </svg>
    <p class="legend">
      ${lines.map(
        ({ value, label: name, kind }) =>
          markup`<span class="key ${kind}">${name} ${formatMetric(metric, value)}</span> `,
      )}
    </p>
  </figure>`;
}

interface Row {
  readonly name: string;
  readonly style: string;
  readonly mean: number;
  /** Of the interval; none where there is no interval. */
  readonly ends: readonly number[];
  readonly overSeeds: boolean;
  readonly trials: readonly number[];
  /** What stands beside the name. */
  readonly value: string;
  /** The same with all that is known, for those who do not see the chart. */
  readonly told: string;
}

function rowsOf({ arms, baselines }: AblationResults, metric: string): Row[] {
  const towers = baselines.flatMap(({ name, kind, metrics, queryIntervals }): Row[] => {
    const mean = metrics[metric];
    if (kind !== 'towers' || mean === undefined) return [];
    const queryInterval = queryIntervals[metric] ?? null;
    return [
      {
        ...{ name, style: 'towers-row', mean, ends: queryInterval ?? [], overSeeds: false },
        ...{ trials: [], value: formatMetric(metric, mean) },
        told: formatEstimate(metric, { mean, ci95: null, queryInterval }),
      },
    ];
  });
  const measured = arms.flatMap(({ name, summary, trials }, i): Row[] => {
    const found = summary[metric];
    if (found === undefined) return [];
    const told = formatEstimate(metric, found);
    return [
      {
        ...{ name, style: `arm-${i % 6}`, mean: found.mean, told },
        ends: found.ci95 ?? found.queryInterval ?? [],
        overSeeds: found.ci95 !== null,
        trials: trials.flatMap((trial) => trial.metrics[metric] ?? []),
        value: found.ci95 === null ? formatMetric(metric, found.mean) : told,
      },
    ];
  });
  return [...towers, ...measured];
}

function tick(metric: string, value: number): string {
  return isShare(metric)
    ? `${Math.round(100 * value * 10) / 10}\u00a0%`
    : String(Number(value.toPrecision(6)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
