import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { boolean, checkOptions, type Checks } from '@crossweave/core/authoring';
import { checksumOf } from '@crossweave/trainer/node';
import { inBatches } from '../open/in-batches';
import type { OpenModel } from '../open/open-model';
import {
  contentOf,
  embedPicturesChecks,
  embedReadable,
  type EmbedPicturesOptions,
  type PictureReject,
} from '../pictures/embed-pictures';
import { matched, merged, requireSameOrigin, type Rows } from './merge-vectors';
import { originOf, type VectorSet } from './vector-set';

export interface UpdateTextsOptions {
  /** Whether rows leave whose picture or text is gone. Default false. */
  readonly prune?: boolean;
}
export interface UpdatePicturesOptions extends EmbedPicturesOptions, UpdateTextsOptions {}

/** Vectors brought up to date, and how many rows there are of each kind. */
export interface UpdatedVectors {
  /** Rows of before in their order, then those that were added. */
  readonly set: VectorSet;
  /** Rows as they were. */
  readonly kept: number;
  readonly added: number;
  /** Rows whose picture has other bytes than before: they have its new vector. */
  readonly changed: number;
  /** Rows of before whose picture or text is not there any more. They stay, unless `prune` is set. */
  readonly gone: number;
  /** Pictures that cannot be read. A row of before for one of them counts as gone. */
  readonly rejects: readonly PictureReject[];
}

const textsChecks: Checks<UpdateTextsOptions> = { prune: boolean() };
const picturesChecks: Checks<UpdatePicturesOptions> = { ...embedPicturesChecks, ...textsChecks };

/**
 * Brings vectors of a folder's pictures up to date: encodes those of `paths` that have no row in `before`, or
 * whose files have other bytes now. Without `before` it encodes all.
 *
 * ```ts
 * const before = await loadVectors('pictures.parquet');
 * const paths = await listPictures('pictures');
 * const { set, added } = await updatePictures(model, before, paths, { folder: 'pictures' });
 * if (added > 0) await saveVectors('pictures.parquet', set);
 * ```
 *
 * @throws DataError where `before` depends on something else than new vectors would (weights, preprocessing,
 *   precision, …), or does not say on what, or has no row of `paths`; ConfigError for a wrong option; the
 *   signal's reason when aborted.
 */
export async function updatePictures(
  model: Pick<OpenModel, 'encodeImage' | 'dim' | 'identity'>,
  before: VectorSet | undefined,
  paths: readonly string[],
  options: UpdatePicturesOptions = {},
): Promise<UpdatedVectors> {
  checkOptions('updatePictures', options, picturesChecks);
  const { folder = '', onProgress, signal, prune = false } = options;
  const origin = await originOf('pictures', model);
  if (before !== undefined) requireSameOrigin(before, origin);
  const old: Rows = before ?? none(model.dim);
  const { there, missing } = matched(old.ids, [...new Set(paths)]);
  if (old.ids.length > 0 && there.length === 0) throw otherFolder(folder, old);
  const total = there.length + missing.length;
  const stale: number[] = [];
  let settled = 0;
  await inBatches(there, async (rows) => {
    signal?.throwIfAborted();
    const contents = await Promise.all(rows.map((row) => contentAt(join(folder, old.ids[row]!))));
    const changed = rows.filter((row, i) => contents[i] !== old.contents![row]);
    stale.push(...changed);
    settled += rows.length - changed.length;
    onProgress?.(settled, total);
  });
  const fresh = await embedReadable(model, [...stale.map((row) => old.ids[row]!), ...missing], {
    folder,
    ...(signal && { signal }),
    onProgress: (done) => onProgress?.(settled + done, total),
  });
  const { paths: ids, embeddings, contents, rejects } = fresh;
  if (before === undefined && ids.length === 0 && rejects.length > 0) throw rejects[0]!.error;
  const { rows, ...counts } = merged(old, { ids, embeddings, contents }, { there, stale, prune });
  return { set: { ...rows, model: checksumOf(origin.model), origin }, ...counts, rejects };
}

/**
 * As {@link updatePictures}, for texts. It encodes each text that has no row in `before`. A text that is
 * given twice has two rows.
 */
export async function updateTexts(
  model: Pick<OpenModel, 'encodeText' | 'dim' | 'identity'>,
  before: VectorSet | undefined,
  texts: readonly string[],
  options: UpdateTextsOptions = {},
): Promise<UpdatedVectors> {
  checkOptions('updateTexts', options, textsChecks);
  const origin = await originOf('texts', model);
  if (before !== undefined) requireSameOrigin(before, origin);
  const old: Rows = before ?? none(model.dim);
  const { there, missing } = matched(old.ids, texts);
  const fresh = { ids: missing, embeddings: await model.encodeText(missing) };
  const { prune = false } = options;
  const { rows, ...counts } = merged(old, fresh, { there, stale: [], prune });
  return { set: { ...rows, model: checksumOf(origin.model), origin }, ...counts, rejects: [] };
}

function none(dim: number): Rows {
  return { ids: [], embeddings: { rows: 0, dim, values: new Float32Array() }, contents: [] };
}

/** undefined for a file that cannot be read. */
async function contentAt(path: string): Promise<string | undefined> {
  return readFile(path).then(contentOf, () => undefined);
}

function otherFolder(folder: string, { ids }: Rows): DataError {
  return new DataError('none of the pictures that have vectors are there', {
    where: folder,
    expected: `at least one of ${ids.length} paths, such as ${ids[0]!}`,
    got: 'other paths alone',
    advice: 'Paths are relative to the folder. Another folder needs a file of its own.',
  });
}
