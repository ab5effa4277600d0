import { FileFormatError, type Params } from '@crossweave/core';

/** Averages of squares: the variances of batch normalisation, the second moments of AdamW. */
const neverNegative = /(^|\.)running_var$|^exp_avg_sq\./;

/**
 * @throws FileFormatError that names the first tensor with a number that no training leaves: NaN,
 *   an infinity, a negative variance.
 */
export async function requireSoundNumbers(where: string, tree: Params): Promise<void> {
  for (const [path, tensor] of Object.entries(tree)) {
    const values = await tensor.data();
    const least = neverNegative.test(path) ? 0 : -Infinity;
    // A loop, since it runs over every number of a model.
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (Number.isFinite(value) && value >= least) continue;
      throw new FileFormatError(`"${path}" holds a number that no training leaves`, {
        where,
        expected: least === 0 ? 'finite numbers of at least 0' : 'finite numbers',
        got: `${value} at place ${i}`,
        advice:
          'The file is damaged. Remove the files of this step: training goes on from the step before, if it was kept.',
      });
    }
  }
}
