import { bucketsOf, looksTheSame } from '../image/mean-cells';
import type { Checked } from './images';
import type { ReadSample } from './samples';
import { noteShared, type SharedPictures } from './shared-pictures';

interface Seen {
  readonly sample: ReadSample;
  readonly digest: string;
  readonly cells: Uint8Array;
}

/**
 * Pictures of two splits that look the same though their files have other bytes: one picture saved
 * twice, in other formats, qualities or sizes. Of flat or nearly empty pictures, different ones may look
 * the same too: so they are told, and not refused.
 */
export function findNearCopies(checked: readonly Checked[]): SharedPictures[] {
  const buckets = new Map<string, Seen[]>();
  const shared = new Map<string, SharedPictures>();
  for (const { sample, digest, cells, reject } of checked) {
    if (cells === undefined || reject !== undefined) continue;
    const names = bucketsOf(cells);
    const found = new Map<string, ReadSample>();
    for (const other of names.flatMap((name) => buckets.get(name) ?? [])) {
      const { split } = other.sample;
      if (split === sample.split || found.has(split) || other.digest === digest) continue;
      if (looksTheSame(other.cells, cells)) found.set(split, other.sample);
    }
    for (const owner of found.values()) noteShared(shared, 'look', owner, sample);
    const [own] = names as [string];
    const members = buckets.get(own) ?? [];
    members.push({ sample, digest, cells });
    buckets.set(own, members);
  }
  return [...shared.values()];
}
