import { parseArgs } from 'node:util';
import { foldIn, key } from '@crossweave/core';
import { crossedEstimate, type Interval } from '../../packages/lab/src/statistics/crossed';
import { pairedDifferences } from '../../packages/lab/src/statistics/paired';
import {
  drawArms,
  trueShare,
  type Situation,
} from '../../packages/lab/src/statistics/simulate.testing';

/** `npm run bench -- statistics [--trials 1000]`: equal arms, how often they are told apart. */
export function statisticsSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { trials: { type: 'string', default: '1000' } },
  });
  const trials = Number(values.trials);
  if (!Number.isSafeInteger(trials) || trials < 1) {
    throw new Error(`--trials takes a whole number from 1 on; got ${values.trials}`);
  }
  console.log(`${trials} trials a row.\n`);
  console.log(row('seeds', 'queries', 'seed effect', 'share', ...columns));
  console.log(row(...new Array<string>(4 + columns.length).fill('---')));
  for (const seeds of [2, 3, 5]) {
    for (const queries of [100, 300]) {
      for (const seedSd of [0, 0.1, 0.3, 1]) {
        for (const level of [0, 3]) {
          const situation = { seeds, queries, seedSd, level };
          const found = simulate(situation, trials);
          console.log(row(seeds, queries, seedSd, trueShare(situation).toFixed(3), ...found));
        }
      }
    }
  }
  return Promise.resolve(0);
}

const columns = [
  'told apart (p < 0.05)',
  'difference covered',
  'share covered',
  'middle width of difference',
  'middle width of share',
  'of width 0',
  'outside [0, 1]',
];

function simulate(situation: Situation, trials: number): string[] {
  const truth = trueShare(situation);
  const widths: Record<'difference' | 'share', number[]> = { difference: [], share: [] };
  const counts = { apart: 0, difference: 0, share: 0, flat: 0, outside: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const [a, b] = drawArms(foldIn(key(1), trial), situation, 2);
    const difference = crossedEstimate(pairedDifferences('simulation', a!, b!), { range: [-1, 1] });
    const share = crossedEstimate(a!, { range: [0, 1] });
    if (difference.p! < 0.05) counts.apart++;
    if (holds(difference.ci95!, 0)) counts.difference++;
    if (holds(share.ci95!, truth)) counts.share++;
    for (const interval of [difference, share].flatMap((each) => [
      each.ci95!,
      each.queryInterval!,
    ])) {
      if (!(width(interval) > 0)) counts.flat++;
    }
    if (share.ci95![0] < 0 || share.ci95![1] > 1) counts.outside++;
    widths.difference.push(width(difference.ci95!));
    widths.share.push(width(share.ci95!));
  }
  const percent = (count: number): string => `${((100 * count) / trials).toFixed(1)} %`;
  return [
    percent(counts.apart),
    percent(counts.difference),
    percent(counts.share),
    middle(widths.difference).toFixed(3),
    middle(widths.share).toFixed(3),
    String(counts.flat),
    String(counts.outside),
  ];
}

function holds([low, high]: Interval, value: number): boolean {
  return low <= value && value <= high;
}

function width([low, high]: Interval): number {
  return high - low;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}
