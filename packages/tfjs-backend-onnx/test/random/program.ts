import type * as tf from '@tensorflow/tfjs-core';
import type { Plain } from '../against-cpu';
import { elementwise } from './elementwise';
import type { Dice, Move, Value } from './moves';
import { shapes } from './shapes';
import { sums } from './sums';

const MOVES: readonly Move[] = [...elementwise, ...shapes, ...sums];
/** More elements than this are not worth their time. */
const MAX_SIZE = 300;

/** One step as numbers: which move, on which values so far, and its dice. */
export interface Step {
  readonly move: number;
  readonly operands: readonly number[];
  readonly dice: readonly number[];
}

export interface RandomProgram {
  readonly inputs: readonly Plain[];
  readonly steps: readonly Step[];
}

/** Gives the numbers in turn, each brought below its number of sides. */
function diceOf(numbers: readonly number[]): Dice {
  let at = 0;
  return (sides) => (numbers[at++ % numbers.length] as number) % Math.max(1, sides);
}

/**
 * Makes the program's moves on the current backend.
 * @param taken which moves to make; without it, those that can be made, which it is filled with.
 * @param accepts a last word on a new value; what it refuses is as if it had not been tried.
 * @returns every value made.
 */
export function play(
  { steps }: RandomProgram,
  tensors: readonly tf.Tensor[],
  taken: (boolean | undefined)[],
  accepts: (tensor: tf.Tensor) => boolean = () => true,
): tf.Tensor[] {
  const values: Value[] = tensors.map((tensor) => ({ tensor, exact: true }));
  const made: tf.Tensor[] = [];
  steps.forEach(({ move, operands, dice }, i) => {
    if (taken[i] === false) return;
    const [a, b, c] = operands.map((n) => values[n % values.length] as Value) as [
      Value,
      Value,
      Value,
    ];
    const run = (): Value | null => (MOVES[move % MOVES.length] as Move)(a, b, c, diceOf(dice));
    const next = taken[i] === true ? run() : attempt(run);
    const fine = next !== null && next.tensor.size <= MAX_SIZE && next.tensor.rank <= 4;
    taken[i] ??= fine && accepts(next.tensor);
    if (next === null || !taken[i]) return;
    values.push(next);
    made.push(next.tensor);
  });
  return made;
}

function attempt(run: () => Value | null): Value | null {
  try {
    return run();
  } catch {
    return null;
  }
}

/** Whether a backend that computes in float64 shows what one in float32 can show too. */
export function isRepresentable(tensor: tf.Tensor): boolean {
  if (tensor.dtype === 'bool') return true;
  const limit = tensor.dtype === 'int32' ? 2 ** 31 : 1e30;
  return [...tensor.dataSync()].every(
    (value) => !Number.isFinite(value) || value === 0 || Math.abs(value) < limit,
  );
}
