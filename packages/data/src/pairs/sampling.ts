import {
  ConfigError,
  DataError,
  foldIn,
  labelIdentity,
  permutation,
  type Key,
  type PairRecord,
} from '@crossweave/core';

/**
 * How often pairs of each class are drawn in an epoch. `none`: every record once. `balanced`: each
 * class equally often. `square-root`: each class in proportion to the square root of its pairs.
 */
export const samplings = ['none', 'balanced', 'square-root'] as const;

export type Sampling = (typeof samplings)[number];

/** A pair that stands in an epoch. */
export interface SampledPair {
  readonly row: number;
  /** Which caption of the record. */
  readonly caption: number;
  /** How often the record was drawn before in this epoch. */
  readonly times: number;
}

/**
 * Draws as many pairs as there are records, in shares of classes that are exact but for rounding. The
 * pairs of a class are gone through in a random order, and again in another one where they are too few;
 * where they are too many, each epoch shows others. Pairs without a label are not drawn.
 *
 * @returns the pairs of an epoch, by its key alone.
 * @throws DataError where no pair has a label, ConfigError for labels that are several classes.
 */
export function classSampler(
  where: string,
  records: readonly PairRecord[],
  sampling: Exclude<Sampling, 'none'>,
  choice: 'random' | 'first',
): (epochKey: Key) => SampledPair[] {
  const classes = [...pairsByClass(where, records, choice)].sort(([a], [b]) => (a < b ? -1 : 1));
  const power = sampling === 'balanced' ? 0 : 0.5;
  const weights = classes.map(([, pairs]) => pairs.length ** power);
  return (epochKey) => {
    const counts = shareOut(records.length, weights, foldIn(epochKey, 'rounding'));
    const times = new Map<number, number>();
    const drawn = classes.flatMap(([name, pairs], k) =>
      inTurn(pairs, counts[k]!, foldIn(foldIn(epochKey, 'class'), name)),
    );
    return permutation(foldIn(epochKey, 'order'), drawn.length).map((at) => {
      const pair = drawn[at]!;
      const before = times.get(pair.row) ?? 0;
      times.set(pair.row, before + 1);
      return { ...pair, times: before };
    });
  };
}

type Pair = Omit<SampledPair, 'times'>;

function pairsByClass(
  where: string,
  records: readonly PairRecord[],
  choice: 'random' | 'first',
): Map<string, Pair[]> {
  const classes = new Map<string, Pair[]>();
  records.forEach(({ id, captions, labels = [] }, row) => {
    const shown = choice === 'first' ? captions.slice(0, 1) : captions;
    shown.forEach((_, caption) => {
      const label = labels[caption];
      if (typeof label === 'object') {
        throw new ConfigError('pairs with several classes cannot be drawn by class', {
          where: `${where}, "sampling"`,
          expected: 'labels that are one class each',
          got: `${JSON.stringify(label)} of ${id}`,
          advice:
            "Leave sampling out, or weigh rare classes in the loss: positiveWeights: 'balanced'.",
        });
      }
      const name = labelIdentity(label);
      if (name === null) return;
      const own = classes.get(name) ?? [];
      own.push({ row, caption });
      classes.set(name, own);
    });
  });
  if (classes.size > 0) return classes;
  throw new DataError('no pair has a label to be drawn by', {
    where: `${where}, "sampling"`,
    expected: 'labels',
    advice:
      "Name the column that holds them (columns: { label: 'category' }), or leave sampling out.",
  });
}

/** `total` in proportion to the weights; what rounding leaves goes to some of them at random. */
function shareOut(total: number, weights: readonly number[], key: Key): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const counts = exact.map(Math.floor);
  const left = total - counts.reduce((a, b) => a + b, 0);
  const turn = permutation(key, weights.length);
  // The largest remainders first; of equal ones, those that the key names first.
  const order = [...turn].sort((a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!));
  for (const at of order.slice(0, left)) counts[at]!++;
  return counts;
}

/** `count` of the pairs, none for the (n + 1)-th time before all had their n-th. */
function inTurn(pairs: readonly Pair[], count: number, key: Key): Pair[] {
  const drawn: Pair[] = [];
  for (let round = 0; drawn.length < count; round++) {
    const order = permutation(foldIn(key, round), pairs.length);
    drawn.push(...order.slice(0, count - drawn.length).map((at) => pairs[at]!));
  }
  return drawn;
}
