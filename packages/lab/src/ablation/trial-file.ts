import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@crossweave/core/node';

/** One line of a training curve: [step, value]. */
export type CurvePoint = readonly [step: number, value: number];

/** What a trial gives back. */
export interface TrialOutcome {
  /** Trained parameters. */
  readonly params: number;
  /** Operations of fusing one pair (`fusionCost`), where they were counted. */
  readonly flops?: number;
  readonly steps: number;
  /** Wall-clock time of training and evaluation. */
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** By metric, per query: same queries in the same order in every trial. Gives narrower, truer intervals. */
  readonly outcomes?: Readonly<Record<string, readonly number[]>>;
  /** By name (`loss`), for the report. */
  readonly curves?: Readonly<Record<string, readonly CurvePoint[]>>;
}

export interface TrialRecord {
  readonly schema: 1;
  readonly arm: string;
  readonly seed: number;
  /** SHA-256 of what the trial depends on ({@link configHash}). */
  readonly config: string;
  readonly outcome: TrialOutcome;
}

export function trialPath(out: string, arm: string, seed: number): string {
  return join(out, 'trials', `${arm}-seed${seed}.json`);
}

/** SHA-256 (hex) of a plain value, whatever the order of its keys. */
export function configHash(config: unknown): string {
  const canonical = JSON.stringify(config, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : value,
  );
  return createHash('sha256').update(canonical).digest('hex');
}

export async function writeTrial(out: string, record: TrialRecord): Promise<void> {
  await writeFileAtomic(trialPath(out, record.arm, record.seed), `${JSON.stringify(record)}\n`);
}

/** The finished trial of that configuration, if there is one; a damaged file counts as none. */
export async function readTrial(
  out: string,
  arm: string,
  seed: number,
  config: string,
): Promise<TrialRecord | undefined> {
  const content = await readFile(trialPath(out, arm, seed), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (content === undefined) return undefined;
  try {
    const record = JSON.parse(content) as Partial<TrialRecord>;
    const matches = record.schema === 1 && record.config === config && record.outcome !== undefined;
    return matches ? (record as TrialRecord) : undefined;
  } catch {
    return undefined;
  }
}
