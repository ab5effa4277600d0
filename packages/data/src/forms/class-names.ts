import { DataError } from '@crossweave/core';
import type { FileMetaData } from 'hyparquet';

/** The names of classes by column, as Hugging Face's `datasets` keeps them in a Parquet file. */
export function classNames(metadata: FileMetaData): Record<string, readonly string[]> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  try {
    const { info } = JSON.parse(text ?? '{}') as { info?: { features?: Record<string, unknown> } };
    return Object.fromEntries(
      Object.entries(info?.features ?? {}).flatMap(([column, feature]) => {
        const names = namesOf(feature);
        return names === undefined ? [] : [[column, names]];
      }),
    );
  } catch {
    return {};
  }
}

/** Of a class, or of a list of classes: `{names}`, `{feature: {names}}` or `[{names}]`. */
function namesOf(feature: unknown): readonly string[] | undefined {
  if (typeof feature !== 'object' || feature === null) return undefined;
  const { names, feature: inner } = feature as { names?: unknown; feature?: unknown };
  if (Array.isArray(names)) return names.map(String);
  return namesOf(Array.isArray(feature) ? feature[0] : inner);
}

/** By which `datasets` says that the class is not known. */
const unknownClass = -1;

/**
 * A value with the names of classes for their numbers; undefined where the class is not known.
 *
 * @returns an error for a number that no class has
 */
export function withClassNames(
  value: unknown,
  names: readonly string[] | undefined,
  column: string,
  where: string,
): unknown {
  if (names === undefined) return value;
  if (Array.isArray(value)) {
    const named = value.map((each: unknown) => withClassNames(each, names, column, where));
    return named.find((each) => each instanceof DataError) ?? named;
  }
  if (typeof value !== 'number') return value;
  if (value === unknownClass) return undefined;
  return (
    names[value] ??
    new DataError(`"${column}" is the number of no class`, {
      where,
      expected: `one of 0 to ${names.length - 1}, or ${unknownClass} where the class is not known`,
      got: value,
      advice: 'Correct the row: the file names its classes, and this one is not among them.',
    })
  );
}
