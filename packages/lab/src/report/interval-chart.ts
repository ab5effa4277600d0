import type { AblationResults } from '../ablation/results';
import { formatEstimate, formatMetric, isShare, metricLabel } from './labels';
import { markup, type Markup } from './markup';
import { ticks } from './scale';
import { referenceLines } from './verdict';

// Drawn for a column as narrow as a telephone: text keeps its size there.
const width = 330;
const left = 8;
const right = 322;
const rowHeight = 38;
const top = 8;

/**
 * One metric: for each arm its mean (dot), 95 % interval (bar) and trials (rings), with
 * dashed lines for chance and dotted ones for floors.
 */
export function intervalChart(results: AblationResults, metric: string): Markup {
  const arms = results.arms.filter((arm) => metric in arm.summary);
  const lines = referenceLines(results, metric);
  const trials = arms.map((arm) => arm.trials.flatMap((trial) => trial.metrics[metric] ?? []));
  const shown = [
    ...arms.flatMap((arm) => [arm.summary[metric]!.mean, ...(arm.summary[metric]!.ci95 ?? [])]),
    ...lines.map(({ value }) => value),
    ...trials.flat(),
  ];
  const limits = isShare(metric) ? ([0, 1] as const) : undefined;
  const marks = ticks(Math.min(...shown), Math.max(...shown), 5, limits);
  const [low, high] = [marks[0]!, marks.at(-1)!];
  const x = (value: number): number =>
    round(left + ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (right - left));
  const bottom = top + arms.length * rowHeight;
  const label = metricLabel(metric);
  const height = bottom + 22;

  const rows = arms.map((arm, i) => {
    const { mean, ci95 } = arm.summary[metric]!;
    const y = top + i * rowHeight + 27;
    return markup` <g class="arm arm-${results.arms.indexOf(arm) % 6}">
      <text class="name" x="${left}" y="${y - 13}">${arm.name}</text>
      <text class="value" x="${right}" y="${y - 13}">${formatEstimate(metric, mean, ci95)}</text>
      ${ci95 === null ? undefined : markup`<line class="interval" x1="${x(ci95[0])}" x2="${x(ci95[1])}" y1="${y}" y2="${y}" />`}
      ${trials[i]!.map((value) => markup`<circle class="trial" cx="${x(value)}" cy="${y}" r="3" />`)}
      <circle class="mean" cx="${x(mean)}" cy="${y}" r="5" />
    </g>`;
  });
  const description = arms
    .map(
      (arm) =>
        `${arm.name} ${formatEstimate(metric, arm.summary[metric]!.mean, arm.summary[metric]!.ci95)}`,
    )
    .join('; ');
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
      ${lines.map(
        ({ value, label: name }) =>
          markup`<line
            class="reference ${name === 'chance' ? 'chance' : 'floor'}"
            x1="${x(value)}"
            x2="${x(value)}"
            y1="${top}"
            y2="${bottom}"><title>${name} ${formatMetric(metric, value)}</title></line>`,
      )}
      ${rows}
    </svg>
    <p class="legend">
      ${lines.map(
        ({ value, label: name }) =>
          markup`<span class="key ${name === 'chance' ? 'chance' : 'floor'}">${name} ${formatMetric(metric, value)}</span> `,
      )}
    </p>
  </figure>`;
}

function tick(metric: string, value: number): string {
  return isShare(metric)
    ? `${Math.round(100 * value * 10) / 10}\u00a0%`
    : String(Number(value.toPrecision(6)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
