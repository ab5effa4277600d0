import { appendFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeFileAtomic, writeJsonAtomic } from '@crossweave/core/node';
import type { TrainState } from '../step';
import type { TrainRecord } from '../train';
import { loadCheckpoint, saveCheckpoint } from './checkpoints';

/**
 * A run's folder: `run.json` (what was run), `metrics.jsonl` (a {@link TrainRecord} a line) and
 * `checkpoints/`. Its methods fit {@link TrainOptions}:
 *
 * ```ts
 * const run = await openRun('runs/late', { description: { seed: 0 } });
 * const start = await run.resume();
 * await train({ ...options, ...(start && { start }), log: run.log, checkpoint: run.checkpoint });
 * ```
 */
export interface RunDirectory {
  readonly path: string;
  /** Appends to `metrics.jsonl`. */
  readonly log: (record: TrainRecord) => void;
  readonly checkpoint: (state: TrainState) => Promise<void>;
  /**
   * The newest checkpoint, undefined for a new run; the caller disposes it. Records logged
   * after it are removed, since those steps are about to be repeated.
   */
  readonly resume: () => Promise<TrainState | undefined>;
}

export interface RunOptions {
  /** Plain data for `run.json`: configuration, versions, engine, seed, data. Absent: the file stays. */
  readonly description?: unknown;
  /** Checkpoints left in the folder, the newest. Default 2. */
  readonly keep?: number;
}

/** Opens a run's folder, which is made when it is not there. */
export async function openRun(path: string, options: RunOptions = {}): Promise<RunDirectory> {
  const checkpoints = join(path, 'checkpoints');
  const metrics = join(path, 'metrics.jsonl');
  await mkdir(checkpoints, { recursive: true });
  if (options.description !== undefined) {
    await writeJsonAtomic(join(path, 'run.json'), options.description);
  }
  return {
    path,
    log: (record) => appendFileSync(metrics, `${JSON.stringify(record)}\n`),
    checkpoint: (state) =>
      saveCheckpoint(checkpoints, state, options.keep === undefined ? {} : { keep: options.keep }),
    async resume() {
      const state = await loadCheckpoint(checkpoints);
      const done = state?.step ?? 0;
      const kept = (await readMetrics(path)).filter(({ step }) => step <= done);
      await writeFileAtomic(metrics, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
      return state;
    },
  };
}

/** A run's `run.json`. @throws DataError when it is missing, FileFormatError when it is damaged. */
export function readRun(path: string): Promise<unknown> {
  return readJson(join(path, 'run.json'));
}

/** A run's records; none before the first. A last line cut short by a crash is left out. */
export async function readMetrics(path: string): Promise<TrainRecord[]> {
  const text = await readFile(join(path, 'metrics.jsonl'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TrainRecord);
}
