import type { PairSplit } from '@crossweave/core';

/** A split that gives small pictures for pages, as those of `loadPairs` do. */
export interface ThumbnailSplit {
  /** The image of a row as a data URI; undefined where there is none, or it cannot be decoded. */
  thumbnail(row: number): Promise<string | undefined>;
}

/**
 * Thumbnails by id of the records with these ids, as data URIs for `writeReport`. Images without one
 * are left out; so are all of a split that gives none.
 */
export async function thumbnailsOf(
  split: PairSplit<unknown, unknown>,
  ids: ReadonlySet<string>,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  if (!givesThumbnails(split)) return found;
  for (const [row, { id }] of split.records.entries()) {
    if (!ids.has(id)) continue;
    const data = await split.thumbnail(row);
    if (data !== undefined) found[id] = data;
  }
  return found;
}

function givesThumbnails<Split extends object>(split: Split): split is Split & ThumbnailSplit {
  return 'thumbnail' in split && typeof split.thumbnail === 'function';
}
