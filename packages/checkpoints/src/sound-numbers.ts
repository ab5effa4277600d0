import { FileFormatError } from '@crossweave/core';

/**
 * Averages of squares, under the names of PyTorch and of our optimizers; what stands before a slash
 * is the group of an optimizer that is made of several.
 */
const neverNegative = /(^|\.)running_var$|^(?:[^.]*\/)?(?:exp_avg_sq|variance|row_var|col_var)\./;

/**
 * Checks the values of a stored tensor. Only float32 values are checked.
 *
 * @param name the tensor's path, which says whether it holds squares.
 * @throws FileFormatError for NaN, an infinity or a negative variance.
 */
export function requireSoundNumbers(where: string, name: string, values: ArrayLike<number>): void {
  if (!(values instanceof Float32Array)) return;
  const least = neverNegative.test(name) ? 0 : -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= least && value - value === 0) continue;
    throw new FileFormatError(`"${name}" contains a number that sound training never produces`, {
      where,
      expected: least === 0 ? 'finite numbers of at least 0' : 'finite numbers',
      got: `${value} at ${i}`,
      advice: 'The training had diverged, or the file is damaged: take another checkpoint.',
    });
  }
}
