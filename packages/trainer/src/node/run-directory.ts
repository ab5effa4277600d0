import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParamShapes } from '@crossweave/core';
import {
  anything,
  checkOptions,
  count,
  having,
  listOf,
  recordOf,
  requireText,
  type Checks,
} from '@crossweave/core/authoring';
import { lockFolder, makeFolder, removeTemporaries, type FolderLock } from '@crossweave/core/node';
import type { RunLogger, TrainRecord } from '../records';
import type { RunStore } from '../run-store';
import type { TrainState } from '../state';
import { listCheckpoints, loadTrainingState, saveTrainingState } from './checkpoints';
import { checksumOf, plainIdentity, type RunIdentity } from './identity';
import { appendRecord, cutRecords, readMetrics, removeRecords } from './metrics';
import { forgetRun } from './mlflow/remembered-run';
import { planRun, removePlan } from './plan';
import { eventFile } from './tensor-board/event';
import { recordFile, recordRun, replaceRecord } from './run-record';

/**
 * A run's folder, which this process alone writes to until it is closed: `run.json` (what was
 * run), `plan.json` (how many steps), `metrics.jsonl` (a {@link TrainRecord} a line) and `checkpoints/`.
 *
 * ```ts
 * await using run = await openRun('runs/late', { identity: { config, data: data.fingerprint } });
 * await train({ ...options, run });
 * ```
 */
export interface RunDirectory extends RunStore, AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  /** Appends to `metrics.jsonl`, and passes the record on to the run's loggers. */
  readonly log: (record: TrainRecord) => void;
  /**
   * The newest checkpoint, undefined for a new run; the caller disposes it. Records logged
   * after it are removed, since those steps are about to be repeated. `expected` are the shapes of
   * the parameters of model and loss; by default `train` alone compares them.
   *
   * @throws StateDictError when the checkpoint does not fit `expected`; FileFormatError when it is
   *   damaged, holds numbers that are not finite, or belongs to another run.
   */
  readonly resume: (expected?: ParamShapes) => Promise<TrainState | undefined>;
  /**
   * Gives the folder back, and takes what this call to `openRun` made of a new run away again
   * where not one step was logged or saved.
   */
  readonly close: () => Promise<void>;
}

export interface RunOptions {
  /**
   * What the run depends on: its config, the fingerprints of its data and tokenizer. A folder that
   * holds steps of another identity is refused. Default: nothing is compared.
   */
  readonly identity?: RunIdentity;
  /**
   * Plain data that `run.json` holds beside it, and that may change: versions, engine. With an
   * identity it is that of the first opening, without one that of the last. Default none.
   */
  readonly description?: object;
  /** Checkpoints left in the folder, the newest, besides that of the best evaluation. Default 2. */
  readonly keep?: number;
  /** Get every record after `metrics.jsonl`, and are closed with the folder. Default none. */
  readonly loggers?: readonly RunLogger[];
  /** The folder's lock where the caller has it already, and keeps it. Default: it is taken here. */
  readonly lock?: FolderLock;
}

const runChecks: Checks<RunOptions> = {
  identity: recordOf(anything()),
  description: recordOf(anything()),
  keep: count(),
  loggers: listOf(having('a RunLogger', 'log')),
  lock: having('a FolderLock', 'release'),
};

/**
 * Opens a run's folder, which is made when it is not there.
 *
 * @throws LockError when another process has the folder, RunMismatchError when it holds a run of
 *   another identity, DataError when it cannot be written to, ConfigError for a wrong option.
 */
export async function openRun(path: string, options: RunOptions = {}): Promise<RunDirectory> {
  requireText('openRun', 'path', path);
  checkOptions('openRun', options, runChecks);
  const lock = options.lock ?? (await lockFolder(path));
  const folder = lock.path;
  const checkpoints = join(folder, 'checkpoints');
  const giveBack = async (): Promise<void> => {
    if (options.lock === undefined) await lock.release();
  };
  let isNew = false;
  try {
    isNew = await enter(folder, options);
    await makeFolder(checkpoints);
    await removeTemporaries(folder);
    await removeTemporaries(checkpoints);
  } catch (error) {
    await giveBack();
    throw error;
  }
  const { identity, keep, loggers = [] } = options;
  const run = identity === undefined ? {} : { run: checksumOf(plainIdentity(identity)) };
  const close = async (): Promise<void> => {
    try {
      for (const logger of loggers) await logger.close?.();
      if (isNew && !(await holdsSteps(folder))) await removeRun(folder, checkpoints);
    } finally {
      await giveBack();
    }
  };
  return {
    path: folder,
    log(record) {
      appendRecord(folder, record);
      for (const logger of loggers) logger.log(record);
    },
    plan: (steps, extend) => planRun(folder, steps, extend),
    checkpoint: (state) =>
      saveTrainingState(checkpoints, state, { ...run, ...(keep !== undefined && { keep }) }),
    async resume(expected) {
      const state = await loadTrainingState(checkpoints, { ...run, ...(expected && { expected }) });
      await cutRecords(folder, state?.step ?? 0);
      return state;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Writes `run.json` or compares with it; true when the run begins here. */
async function enter(folder: string, { identity, description }: RunOptions): Promise<boolean> {
  const isNew = !(await holdsSteps(folder));
  // What was measured before the first step may be of another run.
  if (isNew) {
    await removeRecords(folder);
    await removePlan(folder);
  }
  if (identity === undefined) {
    if (description !== undefined) await replaceRecord(folder, undefined, description);
  } else if (isNew && existsSync(recordFile(folder))) {
    // A run that came to an end before its first step has nothing that could be mixed up.
    await replaceRecord(folder, identity, description ?? {});
  } else {
    await recordRun(folder, identity, description);
  }
  return isNew;
}

/**
 * Whether a run in the folder has made a step: a checkpoint is there, or a record of one.
 *
 * @throws DataError or FileFormatError when its files cannot be read.
 */
export async function holdsSteps(folder: string): Promise<boolean> {
  if ((await listCheckpoints(join(folder, 'checkpoints'))).length > 0) return true;
  return (await readMetrics(folder)).some(({ step }) => step > 0);
}

async function removeRun(folder: string, checkpoints: string): Promise<void> {
  await rm(recordFile(folder), { force: true });
  await removeRecords(folder);
  await removePlan(folder);
  await forgetRun(folder);
  for (const name of await readdir(folder)) {
    if (name.startsWith(eventFile)) await rm(join(folder, name), { force: true });
  }
  // Not a whole tree: what else lies there is not this run's.
  await rmdir(checkpoints).catch(() => undefined);
}
