import { cast, mul, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  hostValue,
  labelIdentity,
  type HostValue,
  type Label,
} from '@crossweave/core';

/**
 * The identity by which two rows count as the same: `groups` (the same image), `captions` (the same
 * text), `labels` (the same class). See {@link rightTexts}.
 */
export type Sameness = 'groups' | 'captions' | 'labels';

/** The identities of the rows of a batch; null differs from every identity. */
export interface Identities {
  /** Images, as `Batch.groups`. */
  readonly groups: readonly (string | null)[];
  /** Texts, as `Batch.captions`. */
  readonly captions?: readonly (string | null)[] | undefined;
  /** Classes, as `Batch.labels`. */
  readonly labels?: readonly (Label | null | undefined)[] | undefined;
}

/**
 * The default: the text of a different row is true of an image if the two rows share the image or
 * the text.
 */
export const sameTexts: readonly Sameness[] = ['groups', 'captions'];

/** A set of rows for each row of a batch. */
export type RowSets = readonly ReadonlySet<number>[];

/** {@link rightTexts} of a batch, for tensors of a step. */
export function rightTextsOf(batch: Identities, by?: readonly Sameness[]): HostValue<RowSets> {
  return hostValue(batch).map((identities) => rightTexts(identities, by));
}

/** {@link rightImages} of a batch, for tensors of a step. */
export function rightImagesOf(batch: Identities, by?: readonly Sameness[]): HostValue<RowSets> {
  return hostValue(batch).map((identities) => rightImages(identities, by));
}

/** {@link sameness} of a batch, for tensors of a step. */
export function samenessOf(batch: Identities, by: readonly Sameness[]): HostValue<RowSets> {
  return hostValue(batch).map((identities) => sameness(identities, by));
}

/**
 * For each image i, the texts j that are true of it, including its own. With `groups` and
 * `captions`, text j is true of image i if any row of the batch pairs this image with this text.
 * With only one of the two, rows i and j must agree in it. `labels` adds the rows with the same
 * class.
 *
 * @param count for how many rows, from the first on, the sets are computed; all rows of the batch
 *   are used as evidence. @throws ConfigError for `labels` if the batch has none.
 */
export function rightTexts(
  batch: Identities,
  by: readonly Sameness[] = sameTexts,
  count = batch.groups.length,
): RowSets {
  return related(batch, by, ['groups', 'captions'], count);
}

/** For each text i, the images j of which it is true: the inverse of {@link rightTexts}. */
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
 * For each row, the rows that share any of the identities `by` with it, including the row itself.
 * The relation is symmetric.
 *
 * @throws ConfigError for `labels` if the batch has none.
 */
export function sameness(batch: Identities, by: readonly Sameness[]): RowSets {
  const alike = by.map((kind) => rowsLike(batch, by, kind));
  return batch.groups.map((_, row) => new Set([row, ...alike.flatMap((rows) => [...rows(row)])]));
}

/**
 * The rows with the same identity of the given kind as a row; only the row itself if `kind` is not
 * in `by`.
 */
function rowsLike(
  batch: Identities,
  by: readonly Sameness[],
  kind: Sameness,
): (row: number) => readonly number[] {
  const names = kind === 'labels' ? batch.labels?.map(labelIdentity) : batch[kind];
  if (!by.includes(kind)) return (row) => [row];
  if (names === undefined) {
    // A batch without captions is allowed; labels are used only on request, so their absence is an
    // error.
    if (kind !== 'labels') return (row) => [row];
    throw new ConfigError('the option "same" contains "labels", and the batch has no labels', {
      where: 'losses',
      expected: 'batches with labels',
      advice: 'Leave "labels" out of "same", or use data with labels.',
    });
  }
  if (names.length !== batch.groups.length) {
    throw new DataError(`${kind} of the batch is wrong`, {
      where: 'losses',
      expected: `a list of ${batch.groups.length}, as groups is, one for each pair`,
      got: `a list of ${names.length}`,
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

/**
 * [B·(to − from)] for the columns `from` to `to`: 1 where the set of the row contains the column.
 */
export function setMatrix(sets: RowSets, from = 0, to = sets.length): Uint8Array {
  const width = to - from;
  const out = new Uint8Array(sets.length * width);
  sets.forEach((columns, i) => {
    for (const j of columns) if (j >= from && j < to) out[i * width + j - from] = 1;
  });
  return out;
}

/** [B·B]: 1 where column j is not in the set of row i, so that it is a negative of the row. */
export function negativeMatrix(sets: RowSets): Uint8Array {
  return setMatrix(sets).map((right) => 1 - right);
}

/** [B] the number of in-batch negatives of each row. */
export function negativeCounts(sets: RowSets): number[] {
  return sets.map((right) => sets.length - right.size);
}

/** Added to a logit, it makes the weight of a softmax 0; it is finite. */
export const excluded = -1e9;

/**
 * [B, B] terms to add to logits: {@link excluded} where column j is not a negative of row i, else 0.
 *
 * @param size B.
 */
export function exclusionOf(right: HostValue<RowSets>, size: number): Tensor2D {
  return mul(maskOf(right, setMatrixOf, [size, size]), excluded);
}
const setMatrixOf = (sets: RowSets): Uint8Array => setMatrix(sets);

/** [B, B]: 1 where column j is not in the set of row i, else 0. @param size B. */
export function negativeMask(right: HostValue<RowSets>, size: number): Tensor2D {
  return maskOf(right, negativeMatrix, [size, size]);
}

/**
 * A float32 matrix of zeros and ones. JavaScript makes bytes of it, which the graph casts, because
 * the matrices of a large batch are large.
 */
export function maskOf<T>(
  value: HostValue<T>,
  make: (value: T) => Uint8Array,
  shape: [rows: number, columns: number],
): Tensor2D {
  return cast(value.tensor<Rank.R2>(make, shape, 'bool'), 'float32');
}
