import type { CurvePoint, TrialRecord } from '../ablation/trial-file';
import { markup, type Markup } from '@crossweave/core/authoring';
import { ticks } from './scale';

const width = 330;
const height = 210;
const left = 40;
const right = 322;
const top = 10;
const bottom = 180;
const pointsShown = 120;

/** Names of the curves that trials carry. */
export function curveNames(trials: readonly TrialRecord[]): string[] {
  return [...new Set(trials.flatMap(({ outcome }) => Object.keys(outcome.curves ?? {})))];
}

/** One curve of every trial: a line a seed, a colour an arm. */
export function curveChart(
  name: string,
  arms: readonly string[],
  trials: readonly TrialRecord[],
): Markup {
  const curves = trials.flatMap(({ arm, outcome }) => {
    const points = thin(outcome.curves?.[name] ?? []);
    return points.length > 0 ? [{ arm, points }] : [];
  });
  const all = curves.flatMap(({ points }) => points);
  const xMarks = ticks(0, Math.max(...all.map(([step]) => step)), 4);
  const yMarks = ticks(...extent(all.map(([, value]) => value)), 5);
  const x = place(xMarks, left, right);
  const y = place(yMarks, bottom, top);
  const last = xMarks.length - 1;
  return markup`<figure>
    <figcaption>${name} by step</figcaption>
    <svg
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="${name} by training step, a line for each seed of each arm">
      ${yMarks.map(
        (mark) =>
          markup`<line class="grid" x1="${left}" x2="${right}" y1="${y(mark)}" y2="${y(mark)}" />
            <text class="tick last" x="${left - 5}" y="${y(mark) + 4}">${mark}</text>`,
      )}
      ${xMarks.map(
        (mark, i) =>
          markup`<text class="tick ${i === last ? 'last' : ''}" x="${x(mark)}" y="${bottom + 18}">${mark}</text>`,
      )}
      ${curves.map(
        ({ arm, points }) =>
          markup`<polyline
            class="curve arm-${arms.indexOf(arm) % 6}"
            points="${points.map(([step, value]) => `${x(step)},${y(value)}`).join(' ')}"><title>${arm}</title></polyline>`,
      )}
    </svg>
    <p class="legend">
      ${arms
        .filter((arm) => curves.some((curve) => curve.arm === arm))
        .map((arm) => markup`<span class="key arm-${arms.indexOf(arm) % 6}">${arm}</span> `)}
    </p>
  </figure>`;
}

function place(marks: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [marks[0]!, marks.at(-1)!];
  return (value) => Math.round(10 * (from + ((value - low) / (high - low)) * (to - from))) / 10;
}

function extent(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** Means of neighbouring points, so that a page of long runs stays small. */
function thin(points: readonly CurvePoint[]): CurvePoint[] {
  const finite = points.filter(([, value]) => Number.isFinite(value));
  const size = Math.ceil(finite.length / pointsShown);
  if (size <= 1) return finite;
  return Array.from({ length: Math.ceil(finite.length / size) }, (_, i): CurvePoint => {
    const bin = finite.slice(i * size, (i + 1) * size);
    const mean = (axis: 0 | 1): number =>
      bin.reduce((sum, point) => sum + point[axis], 0) / bin.length;
    return [mean(0), mean(1)];
  });
}
