import type { DataError } from '@crossweave/core';

/** One sample that was damaged, and what became of it. */
export interface Reject {
  /** `captions.jsonl:12`, with the image's path where it is known. */
  readonly key: string;
  readonly reason: 'record' | 'missing-image' | 'damaged-image';
  readonly action: 'skipped' | 'placeholder';
  /** What was wrong, in full. */
  readonly error: DataError;
}

/** What loading did with damaged samples. */
export interface RejectReport {
  /** Rows in the captions file. */
  readonly rows: number;
  /** In the order of the file. */
  readonly rejects: readonly Reject[];
}

/** The report in a few lines for people: counts by reason, then the first samples. */
export function describeRejects({ rows, rejects }: RejectReport, most = 5): string {
  if (rejects.length === 0) return `${rows} rows, none damaged`;
  const counts = new Map<string, number>();
  for (const { reason, action } of rejects) {
    const kind = `${reason} ${action}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const totals = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const lines = rejects.slice(0, most).map(({ error }) => `  ${error.message}`);
  if (rejects.length > most) lines.push(`  … and ${rejects.length - most} more`);
  return [`${rows} rows, ${rejects.length} damaged: ${totals}`, ...lines].join('\n');
}
