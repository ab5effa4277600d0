import { ConfigError } from '@crossweave/core';
import { count, requireValue } from '@crossweave/core/authoring';

/** What is known of one class after prediction. */
export interface ClassFigures {
  /** Samples of this class. */
  readonly support: number;
  /** Of the samples that were given the class, the share that has it; 0 where none was given it. */
  readonly precision: number;
  /** Of the samples of the class, the share that was found; 0 where there is none. */
  readonly recall: number;
  /** Harmonic mean of both; 0 where both are 0. */
  readonly f1: number;
}

/**
 * [classes][classes] counts: row the true class, column the predicted one.
 *
 * @param truth class of each sample, a whole number below `classes`.
 * @throws ConfigError when the lists differ in length or a class is out of range.
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  requireValue('confusionMatrix', 'classes', classes, count());
  requireClasses('confusionMatrix', truth, predicted, classes);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) counts[truth[i]!]![predicted[i]!]!++;
  return counts;
}

/**
 * Support, precision, recall and F1 of each class.
 *
 * @throws ConfigError for a matrix that is not square, or entries that are no counts
 */
export function classFigures(confusion: readonly (readonly number[])[]): ClassFigures[] {
  requireCounts('classFigures', confusion);
  return confusion.map((row, k) => {
    const right = row[k]!;
    const support = total(row);
    const given = total(confusion.map((other) => other[k]!));
    return { support, ...fromCounts(right, given, support) };
  });
}

/** Precision, recall and F1 from counts; 0 where a share has no denominator. */
export function fromCounts(
  right: number,
  given: number,
  support: number,
): Omit<ClassFigures, 'support'> {
  return {
    precision: given === 0 ? 0 : right / given,
    recall: support === 0 ? 0 : right / support,
    f1: given + support === 0 ? 0 : (2 * right) / (given + support),
  };
}

/** Accuracy, balanced accuracy and F1 of a confusion matrix. */
export interface ConfusionFigures {
  readonly accuracy: number;
  /** Mean recall of the classes that have a sample. */
  readonly balancedAccuracy: number;
  /** Equals accuracy where every sample has one class. */
  readonly f1Micro: number;
  /** Mean F1 of the classes that have a sample or were predicted: an absent class does not count. */
  readonly f1Macro: number;
  /** F1 of the classes weighted by their samples. */
  readonly f1Weighted: number;
}

/**
 * As scikit-learn's `accuracy_score`, `balanced_accuracy_score` and `f1_score`.
 *
 * @throws ConfigError for a matrix without a sample, or as {@link classFigures}.
 */
export function confusionFigures(confusion: readonly (readonly number[])[]): ConfusionFigures {
  requireCounts('confusionFigures', confusion);
  const samples = total(confusion.map(total));
  if (samples === 0) throw empty('confusionFigures');
  const classes = classFigures(confusion);
  const accuracy = total(confusion.map((row, k) => row[k]!)) / samples;
  const present = classes.filter(({ support }) => support > 0);
  const seen = classes.filter(
    ({ support }, k) => support > 0 || confusion.some((row) => row[k]! > 0),
  );
  return {
    accuracy,
    balancedAccuracy: total(present.map(({ recall }) => recall)) / present.length,
    f1Micro: accuracy,
    f1Macro: total(seen.map(({ f1 }) => f1)) / seen.length,
    f1Weighted: total(classes.map(({ f1, support }) => f1 * support)) / samples,
  };
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function empty(where: string): ConfigError {
  return new ConfigError('there is no sample to measure', { where, expected: 'one or more' });
}

function requireCounts(where: string, confusion: readonly (readonly number[])[]): void {
  const classes = confusion.length;
  const rows = confusion.map(({ length }) => length);
  if (rows.some((length) => length !== classes)) {
    throw new ConfigError('a confusion matrix is square', {
      where,
      expected: `${classes} rows of ${classes} counts`,
      got: `rows of ${rows.join(', ')}`,
    });
  }
  const wrong = confusion.flat().find((count) => !(Number.isFinite(count) && count >= 0));
  if (wrong === undefined) return;
  throw new ConfigError('an entry of the confusion matrix is no count', {
    where,
    expected: 'numbers of at least 0',
    got: wrong,
  });
}

function requireClasses(
  where: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): void {
  if (truth.length !== predicted.length) {
    throw new ConfigError('the true and the predicted classes differ in number', {
      where,
      expected: truth.length,
      got: predicted.length,
    });
  }
  for (const list of [truth, predicted]) {
    const wrong = Array.from(list).find((k) => !Number.isInteger(k) || k < 0 || k >= classes);
    if (wrong === undefined) continue;
    throw new ConfigError('there is no such class', {
      where,
      expected: `a whole number in [0, ${classes})`,
      got: wrong,
    });
  }
}
