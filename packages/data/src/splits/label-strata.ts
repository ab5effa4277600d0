import { labelIdentity, type Label } from '@crossweave/core';

type Labels = readonly (Label | undefined)[] | undefined;

/** Numbers of more different values than this are dealt by ranges of about equally many. */
const mostValues = 10;

/**
 * The strata of each record, by its labels. A class is one, and so is each of a few numbers (stars);
 * of many different numbers, hardly two records have the same one, so tenths of them are strata.
 */
export function labelStrata(records: readonly Labels[]): string[][] {
  const numbers = records
    .flatMap((labels = []) => labels.filter((label) => typeof label === 'number'))
    .sort((a, b) => a - b);
  const places = new Map<number, number>();
  numbers.forEach((value, place) => {
    if (!places.has(value)) places.set(value, place);
  });
  const stratumOf = (label: Label | undefined): string | null => {
    if (typeof label !== 'number' || places.size <= mostValues) return labelIdentity(label);
    return `tenth ${Math.floor((10 * places.get(label)!) / numbers.length)}`;
  };
  return records.map((labels = []) => labels.flatMap((label) => stratumOf(label) ?? []));
}
