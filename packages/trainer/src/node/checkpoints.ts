import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, FileFormatError, shapesOf, type ParamShapes } from '@crossweave/core';
import {
  anyOf,
  checkOptions,
  count,
  exactly,
  listOf,
  recordOf,
  requireText,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import { matchParams } from '@crossweave/checkpoints';
import { codeOf, fileError, makeFolder } from '@crossweave/core/node';
import {
  loadSafetensors,
  readSafetensorsMetadata,
  saveSafetensors,
} from '@crossweave/checkpoints/node';
import { requireSoundValues } from '../check-state';
import { disposeState, owned, type TrainState } from '../state';
import { bestStepOf, loadMemory } from './memory';
import { isThere, loadTeacher, saveTeacher } from './teacher';

type Part = 'params' | 'teacher' | 'average' | 'optimizer';

const pattern = /^step-(\d+)\.(params|optimizer)\.safetensors$/;

export interface SaveTrainingStateOptions {
  /** Checkpoints left in the folder, the newest, besides the best one. Default 2. */
  readonly keep?: number;
  /** Checksum of the run's identity, which goes into the files. Default none. */
  readonly run?: string;
}

export interface LoadTrainingStateOptions {
  /** Default: the newest complete one; `best`: that of the best evaluation, which the newest names. */
  readonly step?: number | 'best';
  /** Checksum of the identity of the run that wrote it. Default: not compared. */
  readonly run?: string;
  /** Shapes of the parameters of model and loss, by path. Default: not compared. */
  readonly expected?: ParamShapes;
}

const saveChecks: Checks<SaveTrainingStateOptions> = { keep: count(), run: text() };

const loadChecks: Checks<LoadTrainingStateOptions> = {
  step: anyOf(count(0), exactly('best')),
  run: text(),
  expected: recordOf(listOf(count(0))),
};

/**
 * Checkpoints in a folder: `step-<n>.params.safetensors` (the model, loadable by any
 * reader of the format), `step-<n>.optimizer.safetensors`, with a momentum twin
 * `step-<n>.teacher.safetensors`, and with averages `step-<n>.average.safetensors`. Each is written atomically and the optimizer's last, so a step that
 * has that and the parameters is complete.
 *
 * @throws DataError when the folder cannot be written to, ConfigError for a wrong option.
 */
export async function saveTrainingState(
  folder: string,
  state: TrainState,
  options: SaveTrainingStateOptions = {},
): Promise<void> {
  requireText('saveTrainingState', 'folder', folder);
  checkOptions('saveTrainingState', options, saveChecks);
  const { keep = 2, run } = options;
  await makeFolder(folder);
  const metadata = { step: String(state.step), ...(run !== undefined && { run }) };
  const { average, memory } = state;
  await saveSafetensors(pathOf(folder, state.step, 'params'), state.params, metadata);
  const teacher = pathOf(folder, state.step, 'teacher');
  if (state.teacher === undefined) await rm(teacher, { force: true });
  else await saveTeacher(teacher, state.teacher, metadata);
  const averagePath = pathOf(folder, state.step, 'average');
  if (average === undefined) await rm(averagePath, { force: true });
  else await saveSafetensors(averagePath, average, metadata);
  await saveSafetensors(pathOf(folder, state.step, 'optimizer'), state.optimizer, {
    ...metadata,
    ...(memory && { memory: JSON.stringify(memory) }),
  });
  const kept = [state.step, memory?.best?.step];
  const old = (await listCheckpoints(folder)).filter((step) => !kept.includes(step));
  for (const step of old.slice(0, Math.max(0, old.length + 1 - keep))) {
    // The optimizer's file first: what is left of a half-deleted step does not count.
    for (const part of ['optimizer', 'average', 'teacher', 'params'] as const) {
      await rm(pathOf(folder, step, part), { force: true });
    }
  }
}

/**
 * Steps with a complete checkpoint, ascending; none for a folder that is not there.
 *
 * @throws DataError when the folder cannot be read.
 */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    throw fileError('the checkpoints cannot be listed', folder, cause);
  });
  const parts = new Map<number, number>();
  for (const name of names) {
    const step = Number(pattern.exec(name)?.[1] ?? Number.NaN);
    if (Number.isSafeInteger(step)) parts.set(step, (parts.get(step) ?? 0) + 1);
  }
  return [...parts].flatMap(([step, count]) => (count === 2 ? [step] : [])).sort((a, b) => a - b);
}

/** @throws DataError for the folder of a run in the place of its checkpoints: "none" would begin it anew. */
async function requireNoRun(folder: string): Promise<void> {
  const inside = join(folder, 'checkpoints');
  if ((await listCheckpoints(inside)).length === 0) return;
  throw new DataError('the folder is that of a run, not of its checkpoints', {
    where: folder,
    expected: inside,
    advice: 'Pass the folder "checkpoints" in it.',
  });
}

/**
 * The newest complete checkpoint, or the one of `step`; the caller disposes it, as the result of `train`. Undefined
 * when there is none. Whether all of it fits a model is for `checkState` to say; `train` asks it.
 *
 * @throws DataError or FileFormatError when the folder is that of a run, a file is missing, damaged, of another step or run than
 *   it should be, or holds numbers that no training leaves; StateDictError when the parameters are
 *   not exactly the `expected` ones; ConfigError for a wrong option.
 */
export async function loadTrainingState(
  folder: string,
  options: LoadTrainingStateOptions = {},
): Promise<(TrainState & Disposable) | undefined> {
  requireText('loadTrainingState', 'folder', folder);
  checkOptions('loadTrainingState', options, loadChecks);
  const { step, run, expected } = options;
  const newest = (await listCheckpoints(folder)).at(-1);
  const wanted =
    step === 'best' && newest !== undefined ? await bestStep(folder, newest) : (step ?? newest);
  if (wanted === undefined || wanted === 'best') {
    await requireNoRun(folder);
    return undefined;
  }
  const paths = {
    params: pathOf(folder, wanted, 'params'),
    optimizer: pathOf(folder, wanted, 'optimizer'),
    teacher: pathOf(folder, wanted, 'teacher'),
    average: pathOf(folder, wanted, 'average'),
  };
  for (const path of [paths.params, paths.optimizer]) await requireOrigin(path, wanted, run);
  const loaded: { -readonly [K in keyof TrainState]: TrainState[K] } = {
    step: wanted,
    params: await loadSafetensors(paths.params),
    optimizer: {},
  };
  try {
    if (expected !== undefined) {
      matchParams(expected, shapesOf(loaded.params), { where: paths.params });
    }
    loaded.optimizer = await loadSafetensors(paths.optimizer);
    const teacher = await loadTeacher(paths.teacher);
    if (teacher !== undefined) loaded.teacher = teacher;
    if (await isThere(paths.average)) loaded.average = await loadSafetensors(paths.average);
    const memory = await loadMemory(paths.optimizer);
    if (memory !== undefined) loaded.memory = memory;
    await requireSoundValues(paths.params, loaded.params);
    await requireSoundValues(paths.optimizer, loaded.optimizer);
    if (teacher !== undefined) await requireSoundValues(paths.teacher, teacher.params);
    if (loaded.average !== undefined) await requireSoundValues(paths.average, loaded.average);
  } catch (error) {
    disposeState(loaded);
    throw error;
  }
  return owned<TrainState>(loaded);
}

/** A file that was renamed, or copied from another run, is not what its place says. */
async function requireOrigin(path: string, step: number, run: string | undefined): Promise<void> {
  const metadata = await readSafetensorsMetadata(path);
  if (metadata['step'] !== String(step)) {
    throw new FileFormatError('the checkpoint is not of the step that its name says', {
      where: path,
      expected: `step ${step}`,
      got: metadata['step'] ?? 'no step',
    });
  }
  if (run !== undefined && metadata['run'] !== run) {
    throw new FileFormatError('the checkpoint belongs to another run', {
      where: path,
      expected: `the run ${run}`,
      got: metadata['run'] ?? 'no run',
      advice: 'Put the checkpoint of this run back, or train in another folder.',
    });
  }
}

function pathOf(folder: string, step: number, part: Part): string {
  return join(folder, `step-${String(step).padStart(8, '0')}.${part}.safetensors`);
}

/** @throws DataError when no evaluation was the best, or its checkpoint is gone. */
async function bestStep(folder: string, newest: number): Promise<number> {
  const best = await bestStepOf(pathOf(folder, newest, 'optimizer'));
  if ((await listCheckpoints(folder)).includes(best)) return best;
  throw new DataError('the best checkpoint is gone', {
    where: folder,
    expected: `the files of step ${best}`,
    advice: 'Load the newest one, or train with `best` and a store that keeps it.',
  });
}
