import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSafetensors, saveSafetensors } from '@crossweave/core/node';
import type { TrainState } from '../step';
import { loadTeacher, saveTeacher } from './teacher';

type Part = 'params' | 'teacher' | 'optimizer';

const pattern = /^step-(\d+)\.(params|optimizer)\.safetensors$/;

/**
 * Checkpoints in a folder: `step-<n>.params.safetensors` (the model, loadable by any
 * reader of the format), `step-<n>.optimizer.safetensors`, and, with a momentum twin,
 * `step-<n>.teacher.safetensors`. Each is written atomically and the optimizer's last, so a step that
 * has that and the parameters is complete.
 */
export async function saveCheckpoint(
  folder: string,
  state: TrainState,
  options: { /** Checkpoints left in the folder, the newest. Default 2. */ keep?: number } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const metadata = { step: String(state.step) };
  await saveSafetensors(pathOf(folder, state.step, 'params'), state.params, metadata);
  const teacher = pathOf(folder, state.step, 'teacher');
  if (state.teacher === undefined) await rm(teacher, { force: true });
  else await saveTeacher(teacher, state.teacher, metadata);
  await saveSafetensors(pathOf(folder, state.step, 'optimizer'), state.optimizer, metadata);
  const old = (await listCheckpoints(folder)).filter((step) => step !== state.step);
  for (const step of old.slice(0, Math.max(0, old.length + 1 - (options.keep ?? 2)))) {
    // The optimizer's file first: what is left of a half-deleted step does not count.
    for (const part of ['optimizer', 'teacher', 'params'] as const) {
      await rm(pathOf(folder, step, part), { force: true });
    }
  }
}

/** Steps with a complete checkpoint, ascending; none for a folder that is not there. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const parts = new Map<number, number>();
  for (const name of names) {
    const step = Number(pattern.exec(name)?.[1] ?? Number.NaN);
    if (Number.isSafeInteger(step)) parts.set(step, (parts.get(step) ?? 0) + 1);
  }
  return [...parts].flatMap(([step, count]) => (count === 2 ? [step] : [])).sort((a, b) => a - b);
}

/**
 * The newest complete checkpoint, or the one of `step`; the caller disposes it. Undefined
 * when there is none.
 *
 * @throws DataError or FileFormatError when a file is missing or damaged.
 */
export async function loadCheckpoint(
  folder: string,
  step?: number,
): Promise<TrainState | undefined> {
  const wanted = step ?? (await listCheckpoints(folder)).at(-1);
  if (wanted === undefined) return undefined;
  const params = await loadSafetensors(pathOf(folder, wanted, 'params'));
  const optimizer = await loadSafetensors(pathOf(folder, wanted, 'optimizer'));
  const teacher = await loadTeacher(pathOf(folder, wanted, 'teacher'));
  return { step: wanted, params, optimizer, ...(teacher && { teacher }) };
}

function pathOf(folder: string, step: number, part: Part): string {
  return join(folder, `step-${String(step).padStart(8, '0')}.${part}.safetensors`);
}
