import { DataError, type Label } from '@crossweave/core';

/** @throws DataError that names the label, what the task takes, and the task for labels like it. */
export function wrongLabel(
  task: string,
  label: Label,
  expected: string,
  advice: string,
): DataError {
  return new DataError(`a label is not one that "${task}" takes`, {
    where: task,
    expected,
    got: typeof label === 'number' ? label : JSON.stringify(label),
    advice,
  });
}

/** @throws DataError where there is no label. */
export function requireLabels(task: string, labels: readonly Label[]): void {
  if (labels.length > 0) return;
  throw new DataError('there is no label', {
    where: task,
    expected: 'one label or more',
    advice: 'Name the column that holds the labels: columns: { label: … }.',
  });
}

/** The distinct classes in code-unit order with the share of labels that each has. */
export function sharesOf(
  task: string,
  names: readonly string[],
): { classes: string[]; shares: number[] } {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const classes = [...counts.keys()].sort();
  if (classes.length < 2) {
    throw new DataError('there is one class alone: nothing can be told apart', {
      where: task,
      expected: 'labels of two classes or more in the training split',
      got: classes.join(', '),
    });
  }
  return { classes, shares: classes.map((name) => counts.get(name)! / names.length) };
}

/**
 * A class as a text; undefined for what is none: blank text, and NaN or a number that JSON does not hold
 * exactly, under whose name other labels would be counted.
 */
export function classNameOf(label: unknown): string | undefined {
  if (typeof label === 'string') return label.trim() === '' ? undefined : label;
  const isExact =
    typeof label === 'number' &&
    (Number.isInteger(label) ? Number.isSafeInteger(label) : Number.isFinite(label));
  return isExact ? String(label) : undefined;
}
