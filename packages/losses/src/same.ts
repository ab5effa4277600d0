import { ConfigError, labelIdentity, type Label } from '@crossweave/core';

/**
 * By what two rows count as the same: `groups` (one image), `captions` (one text), `labels`
 * (one class). See {@link rightTexts}.
 */
export type Sameness = 'groups' | 'captions' | 'labels';

/** What a batch tells of its rows; null is like no other. */
export interface Identities {
  /** As `Batch.groups`. */
  readonly groups: readonly (string | null)[];
  /** As `Batch.captions`. */
  readonly captions?: readonly (string | null)[] | undefined;
  /** As `Batch.labels`. */
  readonly labels?: readonly (Label | null | undefined)[] | undefined;
}

/** By image and by text: what makes another row's text right for one's own image. */
export const sameTexts: readonly Sameness[] = ['groups', 'captions'];

/** Rows, for each row of a batch. */
export type RowSets = readonly ReadonlySet<number>[];

/**
 * Of each image i the texts j that are right for it, its own among them: image i is known to have
 * text j where any row of the batch pairs this image with this text. So with `groups` and `captions`
 * a text is right for an image that has it in another row as well; with one of the two, where that
 * one is equal. `labels` adds the rows of the image's class.
 *
 * @param count how many rows are asked about, from the first on; all rows tell.
 * @throws ConfigError for `labels` where the batch has none.
 */
export function rightTexts(
  batch: Identities,
  by: readonly Sameness[] = sameTexts,
  count = batch.groups.length,
): RowSets {
  return related(batch, by, ['groups', 'captions'], count);
}

/** Of each text i the images j that it is right for: {@link rightTexts} the other way round. */
export function rightImages(
  batch: Identities,
  by: readonly Sameness[] = sameTexts,
  count = batch.groups.length,
): RowSets {
  return related(batch, by, ['captions', 'groups'], count);
}

function related(
  batch: Identities,
  by: readonly Sameness[],
  [first, second]: readonly [Sameness, Sameness],
  count: number,
): RowSets {
  const firstLike = rowsLike(batch, by, first);
  const secondLike = rowsLike(batch, by, second);
  const labelled = rowsLike(batch, by, 'labels');
  return Array.from({ length: count }, (_, row) => {
    const found = new Set(labelled(row));
    for (const step of firstLike(row)) for (const other of secondLike(step)) found.add(other);
    return found;
  });
}

/**
 * Of each row the rows that are equal to it by any of `by`, itself among them: what makes two images,
 * or two texts, the same. A symmetric relation.
 *
 * @throws ConfigError for `labels` where the batch has none.
 */
export function sameness(batch: Identities, by: readonly Sameness[]): RowSets {
  const alike = by.map((kind) => rowsLike(batch, by, kind));
  return batch.groups.map((_, row) => new Set([row, ...alike.flatMap((rows) => [...rows(row)])]));
}

/** The rows with the same name as a row; itself alone where `kind` is not among `by`. */
function rowsLike(
  batch: Identities,
  by: readonly Sameness[],
  kind: Sameness,
): (row: number) => readonly number[] {
  const names = kind === 'labels' ? batch.labels?.map(labelIdentity) : batch[kind];
  if (!by.includes(kind)) return (row) => [row];
  if (names === undefined) {
    // That captions are not known is allowed; labels are asked for by name.
    if (kind !== 'labels') return (row) => [row];
    throw new ConfigError('"same" names labels, and the batch has none', {
      where: 'losses',
      expected: 'batches with labels',
      advice: 'Leave "labels" out of same, or use data with classes.',
    });
  }
  const rowsOf = new Map<string, number[]>();
  names.forEach((name, row) => {
    if (name === null) return;
    const rows = rowsOf.get(name);
    if (rows === undefined) rowsOf.set(name, [row]);
    else rows.push(row);
  });
  return (row) => {
    const name = names[row] ?? null;
    return name === null ? [row] : rowsOf.get(name)!;
  };
}

/** [B·(to − from)] row by row: 1 where the set of a row holds the column, of columns `from` to `to`. */
export function setMatrix(sets: RowSets, from = 0, to = sets.length): Float32Array {
  const width = to - from;
  const out = new Float32Array(sets.length * width);
  sets.forEach((columns, i) => {
    for (const j of columns) if (j >= from && j < to) out[i * width + j - from] = 1;
  });
  return out;
}

/** [B·B] the opposite: 1 where column j may be a negative of row i. */
export function negativeMatrix(sets: RowSets): Float32Array {
  return setMatrix(sets).map((right) => 1 - right);
}

/** [B] how many rows of the batch are a negative of each row. */
export function negativeCounts(sets: RowSets): number[] {
  return sets.map((right) => sets.length - right.size);
}

/** Added to a logit, it leaves no weight after a softmax and stays finite. */
export const excluded = -1e9;

/** [B·B] to be added to logits: {@link excluded} where column j is no negative of row i. */
export function exclusionMatrix(sets: RowSets): Float32Array {
  return setMatrix(sets).map((right) => right * excluded);
}
