import type { CrossedOptions } from '../statistics/crossed';
import { mean } from '../statistics/moments';
import { isCost, metricKind } from './kinds';

/** Outcomes by [seed][query], or figures by [seed][0] where trials tell no outcomes. */
export type Rows = readonly (readonly number[])[];

/** What the mean of a metric, or a difference of two, can be; of ranks, what one query changes by. */
export function scaleOf(
  metric: string,
  sides: readonly Rows[],
  of: 'mean' | 'difference',
): CrossedOptions {
  const kind = metricKind(metric);
  const rows = sides.flat();
  const within = rows.every((row) => isWithin(mean(row)));
  const hits = rows.every((row) => row.length > 1 && row.every((each) => each === 0 || each === 1));
  if (within && (kind === 'share' || hits)) return { range: of === 'mean' ? [0, 1] : [-1, 1] };
  if (kind === 'rank') return { resolution: 1, ...(of === 'mean' && { least: 1 }) };
  const positive = isCost(metric) && rows.every((row) => row.every((each) => each >= 0));
  return of === 'mean' && positive ? { least: 0 } : {};
}

function isWithin(share: number): boolean {
  return share >= -1e-9 && share <= 1 + 1e-9;
}
