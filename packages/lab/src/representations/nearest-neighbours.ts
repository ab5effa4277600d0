import { ConfigError } from '@crossweave/core';
import { anyOf, checkOptions, count, fields, number, oneOf } from '@crossweave/core/authoring';
import { requireLabelled, type LabelledVectors } from './labelled-vectors';
import { rowsOf, unitRows } from './vectors';

export interface NearestNeighboursOptions {
  /** Neighbours that vote, at most the rows of `train`. Default 20. */
  readonly k?: number;
  /**
   * What a vote counts: each the same, or exp(cosine / T) (Wu et al. 2018, arXiv 1805.01978, as DINO measures it).
   * Default `{ temperature: 0.07 }`.
   */
  readonly votes?: 'equal' | { readonly temperature: number };
}

/**
 * The classes that the nearest neighbours in `train` vote for, by cosine: how far classes lie apart without
 * anything being trained. Of equal cosines the row that comes first is nearer, of equal votes the lower
 * class wins, as in scikit-learn's `KNeighborsClassifier`.
 *
 * @returns [rows of test] classes.
 * @throws ConfigError for a wrong option, sizes that do not fit, one class alone, a row of zeros;
 *   NonFiniteError.
 */
export function nearestNeighbours(
  train: LabelledVectors,
  test: LabelledVectors,
  options: NearestNeighboursOptions = {},
): number[] {
  const where = 'nearestNeighbours';
  const temperature = fields({ temperature: number({ above: 0 }) }, ['temperature']);
  checkOptions(where, options, { k: count(), votes: anyOf(oneOf('equal'), temperature) });
  const classes = requireLabelled(where, train, test);
  const [known, width] = [rowsOf(train), train.width];
  const { k = Math.min(20, known), votes = { temperature: 0.07 } } = options;
  if (k > known) {
    throw new ConfigError('"k" is larger than the number of rows of "train"', {
      where,
      expected: `at most ${known}`,
      got: k,
    });
  }
  const [a, b] = [unitRows(where, 'train', train), unitRows(where, 'test', test)];
  const cosines = new Float64Array(known);
  return Array.from({ length: rowsOf(test) }, (_, i) => {
    for (let j = 0; j < known; j++) {
      let dot = 0;
      for (let d = 0; d < width; d++) dot += b[i * width + d]! * a[j * width + d]!;
      cosines[j] = dot;
    }
    const sums = new Float64Array(classes);
    const nearest = largest(cosines, k);
    const top = cosines[nearest[0]!]!;
    for (const j of nearest) {
      // Beside the nearest one, so that a low temperature does not overflow.
      const vote = votes === 'equal' ? 1 : Math.exp((cosines[j]! - top) / votes.temperature);
      sums[train.classes[j]!]! += vote;
    }
    return sums.indexOf(sums.reduce((most, sum) => Math.max(most, sum)));
  });
}

/** The places of the k largest values, the largest first, of equal ones the first. */
function largest(values: Float64Array, k: number): number[] {
  const found: number[] = [];
  for (let j = 0; j < values.length; j++) {
    const value = values[j]!;
    if (found.length === k && value <= values[found[k - 1]!]!) continue;
    let at = found.length === k ? k - 1 : found.length;
    for (; at > 0 && values[found[at - 1]!]! < value; at--) found[at] = found[at - 1]!;
    found[at] = j;
  }
  return found;
}
