import { basename } from 'node:path';
import { DataError, nearestName } from '@crossweave/core';
import { counted } from './wording';

/** Splits by name, in the order in which the captions file names them. */
export type SplitTable<Split> = Readonly<Record<string, Split>>;

/**
 * The split of this name.
 *
 * @param count how many records a split has, for the error
 * @throws DataError that names the splits there are, with their numbers of records
 */
export function splitNamed<Split>(
  splits: SplitTable<Split>,
  name: string,
  captions: string,
  count: (split: Split) => number,
): Split {
  if (Object.hasOwn(splits, name)) return splits[name] as Split;
  throw new DataError(`no record belongs to the split "${name}"`, {
    where: basename(captions),
    expected: `one of ${Object.entries(splits)
      .map(([known, split]) => `"${known}" (${counted(count(split), 'record')})`)
      .join(', ')}`,
    got: JSON.stringify(name),
    advice: adviceFor(name, Object.keys(splits)),
  });
}

function adviceFor(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  if (near !== undefined) return `Did you mean "${near}"?`;
  if (names.join() === 'train') {
    return 'The file seems to name no splits. Name the column that does with columns: { split: "…" }, or have records held out by holdOut: { test: 0.1 }.';
  }
  const canHold = names.includes('train') && /^\w+$/.test(name);
  const held = canHold ? `have records of train held out by holdOut: { ${name}: 0.1 }, ` : '';
  return `Name one of these, ${held}or give the records of the file another split.`;
}

/** Samples by split, both in their order. */
export function groupBySplit<Sample extends { readonly split: string }>(
  samples: readonly Sample[],
): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.split);
    if (group === undefined) groups.set(sample.split, [sample]);
    else group.push(sample);
  }
  return groups;
}
