import { ConfigError } from '@crossweave/core';
import { requireVectors, rowsOf, type Vectors } from './vectors';

/** Vectors and the class of each. */
export interface LabelledVectors extends Vectors {
  /** [n] classes, whole numbers from 0 on. */
  readonly classes: readonly number[];
}

/**
 * @returns how many classes there are: the largest of `train`, and 1.
 * @throws ConfigError for vectors and classes that do not fit each other, or one class alone in `train`.
 */
export function requireLabelled(
  where: string,
  train: LabelledVectors,
  test: LabelledVectors,
): number {
  for (const [name, side] of [
    ['train', train],
    ['test', test],
  ] as const) {
    requireVectors(where, name, side);
    const wrong = side.classes.findIndex((label) => !Number.isSafeInteger(label) || label < 0);
    if (wrong >= 0 || side.classes.length !== rowsOf(side)) {
      throw new ConfigError(`the classes of "${name}" do not fit its rows`, {
        where,
        expected: `${rowsOf(side)} whole numbers from 0 on`,
        got: wrong >= 0 ? side.classes[wrong] : `${side.classes.length} classes`,
      });
    }
  }
  if (train.width !== test.width) {
    const expected = `rows of ${train.width} numbers, as in "train"`;
    throw new ConfigError('"test" has another width', { where, expected, got: test.width });
  }
  if (new Set(train.classes).size < 2) {
    throw new ConfigError('"train" has one class alone', {
      where,
      expected: 'two classes or more',
      advice: 'With one class every answer is right: choose labels that differ.',
    });
  }
  return train.classes.reduce((most, label) => Math.max(most, label), 0) + 1;
}

/** The accuracy of giving every row the commonest class of `train`; of equally common ones the first. */
export function majorityAccuracy(train: LabelledVectors, test: LabelledVectors): number {
  const counts = new Map<number, number>();
  for (const label of train.classes) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [[commonest] = [0]] = [...counts].sort(([a, m], [b, n]) => (n === m ? a - b : n - m));
  const predicted = test.classes.map(() => commonest);
  return accuracyOf(predicted, test.classes);
}

/** The share of equal entries. */
export function accuracyOf(predicted: readonly number[], truth: readonly number[]): number {
  return predicted.filter((label, i) => label === truth[i]).length / truth.length;
}
