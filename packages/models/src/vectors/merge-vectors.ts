/** The arithmetic of bringing vectors up to date: which rows stay, which are new, and whether they may be mixed. */
import { DataError } from '@crossweave/core';
import { describeDifferences, differencesOf } from '@crossweave/trainer/node';
import { joinEmbeddings, rowOf, type Embeddings } from './embeddings';
import type { VectorOrigin, VectorSet } from './vector-set';

/** Rows by what they are of; `contents` only of pictures. */
export type Rows = Pick<VectorSet, 'ids' | 'embeddings' | 'contents'>;

/** @throws DataError where new vectors would not compare with those there are, or nothing says whether. */
export function requireSameOrigin(before: VectorSet, now: VectorOrigin): void {
  const { origin, contents } = before;
  if (origin === undefined || (origin.of === 'pictures' && contents === undefined)) {
    throw new DataError('nothing says what they depend on', {
      where: 'the vectors to update',
      expected: 'what saveVectors wrote of updatePictures or updateTexts',
      advice: 'Embed all again.',
    });
  }
  const differences = differencesOf(origin, now);
  if (differences.length === 0) return;
  throw new DataError(`they were made otherwise: ${describeDifferences(differences)}`, {
    where: 'the vectors to update',
    advice: 'New vectors would not compare with them: set back what differs, or embed all again.',
  });
}

/**
 * Pairs each wanted id with one row of that id. An id that is wanted twice takes two rows.
 *
 * @returns `there`: the rows that were taken; `missing`: the wanted ids for which no row was left.
 */
export function matched(
  ids: readonly string[],
  wanted: readonly string[],
): { there: number[]; missing: string[] } {
  const open = new Map<string, number>();
  for (const id of wanted) open.set(id, (open.get(id) ?? 0) + 1);
  const take = (id: string): boolean => {
    const left = open.get(id) ?? 0;
    if (left > 0) open.set(id, left - 1);
    return left > 0;
  };
  const there = ids.flatMap((id, row) => (take(id) ? [row] : []));
  return { there, missing: wanted.filter(take) };
}

export interface Merged {
  readonly rows: Rows;
  readonly kept: number;
  readonly added: number;
  readonly changed: number;
  readonly gone: number;
}

/**
 * Rows of `old` in their order, then new ones.
 *
 * @param there rows of `old` whose picture or text is there.
 * @param stale those of them that `fresh` replaces, by id; where it has no such id, the row counts as gone.
 * @param prune whether rows that are gone leave.
 */
export function merged(
  old: Rows,
  fresh: Rows,
  { there, stale, prune }: { there: readonly number[]; stale: readonly number[]; prune: boolean },
): Merged {
  const [isThere, isStale] = [new Set(there), new Set(stale)];
  const staleIds = new Set(stale.map((row) => old.ids[row]!));
  const added: number[] = [];
  const renewed = new Map<string, number>();
  fresh.ids.forEach((id, row) => {
    if (staleIds.has(id)) renewed.set(id, row);
    else added.push(row);
  });
  const chosen: Row[] = [];
  let gone = 0;
  old.ids.forEach((id, row) => {
    const update = isStale.has(row) ? renewed.get(id) : undefined;
    if (update !== undefined) chosen.push([fresh, update]);
    else {
      const isGone = !isThere.has(row) || isStale.has(row);
      if (isGone) gone++;
      if (!isGone || !prune) chosen.push([old, row]);
    }
  });
  chosen.push(...added.map((row): Row => [fresh, row]));
  return {
    rows: rowsOf(chosen, fresh.embeddings.dim),
    kept: old.ids.length - renewed.size - gone,
    ...{ added: added.length, changed: renewed.size, gone },
  };
}

type Row = readonly [from: Rows, row: number];

function rowsOf(chosen: readonly Row[], dim: number): Rows {
  const parts = chosen.map(([from, row]): Embeddings => {
    return { rows: 1, dim, values: rowOf(from.embeddings, row) };
  });
  const contents = chosen.flatMap(([from, row]) => from.contents?.[row] ?? []);
  return {
    ids: chosen.map(([from, row]) => from.ids[row]!),
    embeddings: joinEmbeddings(parts, dim),
    ...(contents.length === chosen.length && { contents }),
  };
}
