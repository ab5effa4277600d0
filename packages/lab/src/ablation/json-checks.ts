import { FileFormatError } from '@crossweave/core';

/** Checks of parsed JSON: each gives back the value, or names the entry that has another form. */

/** @throws FileFormatError that names the entry by its path. */
export function fail(where: string, expected: string, got: unknown, advice?: string): never {
  throw new FileFormatError('an entry has another form than the schema', {
    where,
    expected,
    got: got === undefined ? 'nothing' : got,
    advice,
  });
}

export function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  return fail(where, 'an object', value);
}

export function list<T>(
  value: unknown,
  where: string,
  each: (entry: unknown, at: string) => T,
): T[] {
  if (!Array.isArray(value)) return fail(where, 'a list', value);
  return value.map((entry: unknown, i) => each(entry, `${where}[${i}]`));
}

export function number(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : fail(where, 'a number', value);
}

export function text(value: unknown, where: string): string {
  return typeof value === 'string' ? value : fail(where, 'a string', value);
}

export function oneOf(value: unknown, where: string, choices: readonly string[]): string {
  const found = text(value, where);
  return choices.includes(found) ? found : fail(where, `one of ${choices.join(', ')}`, found);
}

export function interval(value: unknown, where: string): void {
  const ends = list(value, where, number);
  if (ends.length !== 2 || !(ends[0]! < ends[1]!))
    fail(where, '[low, high], low below high', value);
}

export function figures(value: unknown, where: string): void {
  for (const [name, figure] of Object.entries(object(value, where)))
    number(figure, `${where}.${name}`);
}
