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
 * Whether text j is as true of image i as its own and the other way round, by any of `by` that the
 * batch tells: a symmetric relation that holds between a row and itself.
 */
export function sameness(
  batch: Identities,
  by: readonly Sameness[],
): (i: number, j: number) => boolean {
  const told = by.map((kind) => batch[kind]).filter((names) => names !== undefined);
  return (i, j) => i === j || told.some((names) => names[i] === names[j]);
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
  const size = batch.groups.length;
  const width = to - from;
  const same = sameness(batch, by);
  return Float32Array.from({ length: size * width }, (_, at) =>
    same(Math.floor(at / width), from + (at % width)) ? 1 : 0,
  );
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
