import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCrossweaveError, shapesOf, type ParamShapes } from '@crossweave/core';
import { matchParams } from '@crossweave/checkpoints';
import { disposeState, type TrainState } from '@crossweave/trainer';
import {
  openRun,
  RunMismatchError,
  type RunDirectory,
  type RunOptions,
} from '@crossweave/trainer/node';

/** A folder that training goes on in, and the state it goes on from; the caller's to dispose. */
export interface OpenFolder {
  readonly run: RunDirectory;
  readonly start: TrainState | undefined;
}

/**
 * Opens a folder of training that can be repeated from nothing. Files of another identity are
 * removed; damaged ones, and checkpoints that do not fit `expected`, too, and `onDiscard` is told
 * why: what they held is computed again.
 *
 * @throws LockError when another process has the folder, DataError when it cannot be used.
 */
export async function openFolder(
  path: string,
  options: RunOptions,
  expected: ParamShapes,
  onDiscard: (reason: string) => void,
): Promise<OpenFolder> {
  try {
    return await open(path, options, expected);
  } catch (error) {
    if (!isOutdated(error)) throw error;
    if (!(error instanceof RunMismatchError)) onDiscard((error as Error).message);
    await clearTraining(path);
    return open(path, options, expected);
  }
}

/** Removes what training left in a folder: all of it, or some. */
export async function clearTraining(
  path: string,
  names: readonly string[] = ['checkpoints', 'metrics.jsonl', 'run.json'],
): Promise<void> {
  for (const name of names) await rm(join(path, name), { recursive: true, force: true });
}

async function open(path: string, options: RunOptions, expected: ParamShapes): Promise<OpenFolder> {
  const run = await openRun(path, options);
  try {
    const start = await run.resume();
    if (start !== undefined) matchOrDispose(start, expected, path);
    return { run, start };
  } catch (error) {
    await run.close();
    throw error;
  }
}

/** Of another configuration, or damaged: nothing that a person would want to keep or mend. */
function isOutdated(error: unknown): boolean {
  return (
    error instanceof RunMismatchError ||
    (isCrossweaveError(error) && ['file-format', 'state-dict'].includes(error.code))
  );
}

/** @throws StateDictError when the state's parameters are not those of `expected`. */
function matchOrDispose(state: TrainState, expected: ParamShapes, where: string): void {
  try {
    matchParams(expected, shapesOf(state.params), { where });
  } catch (error) {
    disposeState(state);
    throw error;
  }
}
