import { DataError, FileFormatError } from '@crossweave/core';
import { count, fields, number, text, type Check } from '@crossweave/core/authoring';
import { readSafetensorsMetadata } from '@crossweave/checkpoints/node';
import type { RunMemory } from '../memory';

const whole = number({ integer: true, min: 0 });
const check: Check = fields({
  best: fields({ metric: text(), value: number(), step: whole, since: whole }, [
    ...['metric', 'value', 'step', 'since'],
  ]),
  rateFactor: number({ above: 0, max: 1 }),
  failures: whole,
  losses: fields({ count: count(), mean: number(), variance: number({ min: 0 }) }, [
    ...['count', 'mean', 'variance'],
  ]),
  // The source of the batches checks it.
  position: { expected: 'plain data', accepts: () => true },
});

/**
 * The memory that a checkpoint's file carries, undefined where it has none.
 *
 * @throws FileFormatError when it is not one.
 */
export async function loadMemory(path: string): Promise<RunMemory | undefined> {
  const { memory } = await readSafetensorsMetadata(path);
  if (memory === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(memory);
  } catch {
    // What is wrong with it is said below.
  }
  if (check.accepts(value)) return value as RunMemory;
  throw new FileFormatError('the memory of the run is damaged', {
    where: path,
    expected: check.expected,
    got: memory.slice(0, 80),
    advice: 'Take an earlier checkpoint.',
  });
}

/** @throws DataError when the run has no best evaluation. */
export async function bestStepOf(path: string): Promise<number> {
  const step = (await loadMemory(path))?.best?.step;
  if (step !== undefined) return step;
  throw new DataError('the run has no best state', {
    where: path,
    expected: 'a run with `best`, in which an evaluation was made',
  });
}
