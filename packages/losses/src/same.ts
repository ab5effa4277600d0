import type { Batch } from '@crossweave/core';

/**
 * By what two rows count as the same: `groups` (one image), `captions` (equal words), `labels`
 * (one class).
 */
export type Sameness = 'groups' | 'captions' | 'labels';

/** What a batch tells of its rows. */
export type Identities = Pick<Batch, Sameness>;

/** By image and by words: what makes another row's text true of one's own image. */
export const sameTexts: readonly Sameness[] = ['groups', 'captions'];

/**
 * Of each row the rows that are the same, itself among them: text j is as true of image i as its
 * own and the other way round, by any of `by` that the batch tells. A symmetric relation.
 */
export function sameness(
  batch: Identities,
  by: readonly Sameness[],
): readonly ReadonlySet<number>[] {
  const alike = batch.groups.map((_, row) => new Set([row]));
  for (const kind of by) {
    const rowsOf = new Map<string, number[]>();
    batch[kind]?.forEach((name, row) => rowsOf.set(name, [...(rowsOf.get(name) ?? []), row]));
    for (const rows of rowsOf.values()) {
      if (rows.length > 1) for (const row of rows) for (const other of rows) alike[row]!.add(other);
    }
  }
  return alike;
}

/**
 * [B·B] row by row: 1 where {@link sameness} holds. Columns `from` to `to` alone, [B·(to − from)],
 * where a matrix of all is too much.
 */
export function sameRows(
  batch: Identities,
  by: readonly Sameness[] = sameTexts,
  from = 0,
  to = batch.groups.length,
): Float32Array {
  const width = to - from;
  const out = new Float32Array(batch.groups.length * width);
  sameness(batch, by).forEach((alike, i) => {
    for (const j of alike) if (j >= from && j < to) out[i * width + j - from] = 1;
  });
  return out;
}

/** [B·B] the opposite: 1 where text j may be a negative of image i. */
export function rivals(batch: Identities, by?: readonly Sameness[]): Float32Array {
  return sameRows(batch, by).map((same) => 1 - same);
}

/** [B] how many rivals each row has, of {@link rivals}. */
export function rivalCounts(rivalsOfAll: Float32Array): number[] {
  const size = Math.sqrt(rivalsOfAll.length);
  return Array.from({ length: size }, (_, i) =>
    rivalsOfAll.subarray(i * size, (i + 1) * size).reduce((count, rival) => count + rival, 0),
  );
}

/** Added to a logit, it leaves no weight after a softmax and stays finite. */
export const excluded = -1e9;
