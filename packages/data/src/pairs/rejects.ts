import { DataError } from '@crossweave/core';
import type { ReadSample } from './samples';
import { counted, percent } from './wording';

/** One thing of the data that was damaged, and what became of it. */
export interface Reject {
  /** `captions.jsonl:12`, with the image's path where it is known. */
  readonly key: string;
  /**
   * `false-negative`: a negative that is a true caption of its image. `label-conflict`: a caption
   * that its image has twice, with different labels.
   */
  readonly reason:
    'record' | 'missing-image' | 'damaged-image' | 'false-negative' | 'label-conflict';
  /** `left-out`: the negative, or the second label, alone is gone; the caption stays. */
  readonly action: 'skipped' | 'placeholder' | 'left-out';
  /** How many rows of the captions file it took with it. */
  readonly rows: number;
  /** What was wrong, in full. */
  readonly error: DataError;
}

/** What becomes of a sample whose image is missing or damaged. */
export function rejectImage(
  { where, image, rows }: ReadSample,
  reason: 'missing-image' | 'damaged-image',
  error: DataError,
  policy: 'skip' | 'fail' | 'placeholder' | undefined,
): Reject {
  const action = policy === 'placeholder' ? 'placeholder' : 'skipped';
  return { key: `${where} (${image})`, reason, action, rows, error };
}

/** In the order of the file: keys end in the line, before the image's path. */
export function byLine(rejects: readonly Reject[]): Reject[] {
  const lineOf = ({ key }: Reject): number => Number(/:(\d+)(?: \(|$)/.exec(key)?.[1] ?? 0);
  return [...rejects].sort((a, b) => lineOf(a) - lineOf(b));
}

/** Files with fewer rows have no share of rejects that could be too large by default. */
const judgedRows = 20;
const defaultShare = 0.05;

/**
 * @param allowed the share that was asked for, if one was
 * @throws DataError when a larger share of the rows is damaged
 */
export function requireFewRejects(
  rejects: readonly Reject[],
  rows: number,
  file: string,
  allowed: number | undefined,
): void {
  if (allowed === undefined && rows < judgedRows) return;
  const share = allowed ?? defaultShare;
  const damaged = rejects.reduce((sum, reject) => sum + reject.rows, 0);
  if (damaged <= share * rows) return;
  const needed = Math.ceil((100 * damaged) / rows) / 100;
  throw new DataError(
    `${damaged} of ${counted(rows, 'row')} are damaged (${percent(damaged / rows)})`,
    {
      where: file,
      expected: `at most ${percent(share)}`,
      got: `${countByReason(rejects)}; first ${firstMessages(rejects)}`,
      advice: `Mend the rows, or pass maxRejects: ${needed} to do without them.`,
      cause: rejects[0]?.error,
      suggestion: { maxRejects: needed },
    },
  );
}

/** `12 record skipped, 3 damaged-image placeholder`. */
export function countByReason(rejects: readonly Reject[]): string {
  const counts = new Map<string, number>();
  for (const { reason, action } of rejects) {
    const kind = `${reason} ${action}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

function firstMessages(rejects: readonly Reject[]): string {
  return rejects
    .slice(0, 2)
    .map(({ error }) => error.summary.slice(0, 110))
    .join(' ');
}
