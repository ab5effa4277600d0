import { DataError, type PairSplit } from '@crossweave/core';
import type { ReadSample } from './samples';
import type { SplitTable } from './split-table';
import { counted, percent } from './wording';

/** Pictures that two splits have in common. */
export interface SharedPictures {
  readonly splits: readonly [string, string];
  /**
   * `file`: the same image file. `content`: files of other names with the same bytes. `group`:
   * pictures of one group. `id`: pictures whose records were given the same id. `look`: files of other
   * bytes whose pictures look the same.
   */
  readonly by: 'file' | 'content' | 'group' | 'id' | 'look';
  /** Records whose picture stands in the other split on an earlier line. */
  readonly pictures: number;
  /** Where the first such picture is named, in either split: `captions.jsonl:3 (i0.png)`. */
  readonly example: readonly [string, string];
}

/** Of a split's pictures, this share may have the bytes of another's before it is an error. */
const contentShare = 0.05;

/** Samples with equal keys show the same picture. */
export function findShared(
  samples: readonly ReadSample[],
  by: SharedPictures['by'],
  keyOf: (sample: ReadSample) => string | undefined,
): SharedPictures[] {
  const firsts = new Map<string, Map<string, ReadSample>>();
  const shared = new Map<string, SharedPictures>();
  for (const sample of samples) {
    const key = keyOf(sample);
    if (key === undefined) continue;
    const owners = firsts.get(key) ?? new Map<string, ReadSample>();
    firsts.set(key, owners);
    for (const [split, owner] of owners) {
      if (split === sample.split || (by !== 'file' && owner.path === sample.path)) continue;
      noteShared(shared, by, owner, sample);
    }
    if (!owners.has(sample.split)) owners.set(sample.split, sample);
  }
  return [...shared.values()];
}

/** Counts a picture that an earlier sample of another split shows too. */
export function noteShared(
  shared: Map<string, SharedPictures>,
  by: SharedPictures['by'],
  owner: ReadSample,
  sample: ReadSample,
): void {
  const place = JSON.stringify([owner.split, sample.split].sort());
  const known = shared.get(place);
  const example = [owner, sample].map(({ where, image }) => `${where} (${image})`);
  shared.set(place, {
    splits: known?.splits ?? [owner.split, sample.split],
    by,
    pictures: (known?.pictures ?? 0) + 1,
    example: known?.example ?? (example as [string, string]),
  });
}

/**
 * @param splits by which to tell the smaller one, of `content`
 * @throws DataError for image files in two splits, and for contents of more than 5 % of a split
 */
export function refuseShared(
  shared: readonly SharedPictures[],
  file: string,
  splits: SplitTable<PairSplit> = {},
): void {
  const refused = shared.find(({ by, pictures, splits: names }) => {
    const smaller = Math.min(...names.map((name) => splits[name]?.records.length ?? 0));
    return by !== 'content' || pictures > contentShare * smaller;
  });
  if (refused === undefined) return;
  const { splits: names, by, pictures, example } = refused;
  const subject = `${counted(pictures, 'picture')} ${pictures === 1 ? 'is' : 'are'}`;
  throw new DataError(
    by === 'group'
      ? `${subject} of groups that the splits "${names[0]}" and "${names[1]}" share`
      : `${subject} in the split "${names[0]}" and in "${names[1]}" too${by === 'content' ? ', under other names' : ''}`,
    {
      where: file,
      expected:
        by !== 'content'
          ? `every ${by === 'file' ? 'image file' : 'group'} in one split`
          : `the same bytes in two splits for at most ${percent(contentShare)} of the pictures`,
      got: `${example[0]} and ${example[1]}${pictures > 1 ? ', for one' : ''}`,
      advice:
        "A model would be tested on pictures that it was trained on. Remove them from one split, or pass sharedPictures: 'allow'.",
      suggestion: { sharedPictures: 'allow' },
    },
  );
}
