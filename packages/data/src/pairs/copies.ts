import type { SplitReport } from './report';
import type { ReadSample } from './samples';
import type { SplitTable } from './split-table';

type Copies = NonNullable<SplitReport['copies']>;

/**
 * By split, the pictures that an earlier record of the split shows too, under another name.
 *
 * @param bytesOf what pictures of the same bytes have in common; undefined where they are not known
 */
export function findCopies(
  samples: readonly ReadSample[],
  bytesOf: (sample: ReadSample) => string | undefined,
): ReadonlyMap<string, Copies> {
  const firsts = new Map<string, ReadSample>();
  const copies = new Map<string, Copies>();
  for (const sample of samples) {
    const bytes = bytesOf(sample);
    if (bytes === undefined) continue;
    const place = JSON.stringify([sample.split, bytes]);
    const first = firsts.get(place);
    if (first === undefined) {
      firsts.set(place, sample);
      continue;
    }
    const known = copies.get(sample.split);
    copies.set(sample.split, {
      pictures: (known?.pictures ?? 0) + 1,
      example: known?.example ?? [placeOf(first), placeOf(sample)],
    });
  }
  return copies;
}

function placeOf({ where, image }: ReadSample): string {
  return `${where} (${image})`;
}

export function withCopies(
  splits: SplitTable<SplitReport>,
  copies: ReadonlyMap<string, Copies>,
): SplitTable<SplitReport> {
  return Object.fromEntries(
    Object.entries(splits).map(([name, report]) => {
      const found = copies.get(name);
      return [name, found === undefined ? report : { ...report, copies: found }];
    }),
  );
}
