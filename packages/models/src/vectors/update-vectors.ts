import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { unlessAborted } from '@crossweave/core/node';
import { boolean, callback, checkOptions, type Checks } from '@crossweave/core/authoring';
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
import { joinEmbeddings, type Embeddings } from './embeddings';
import { matched, merged, requireSameOrigin, type Merged, type Rows } from './merge-vectors';
import { originOf, type VectorOrigin, type VectorSet } from './vector-set';

export interface UpdateTextsOptions {
  /** Whether rows leave whose picture or text is gone. Default false. */
  readonly prune?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between two batches with its reason. */
  readonly signal?: AbortSignal;
  /**
   * Gets the vectors so far: all rows of before, and those that were encoded since. It is called once a
   * minute, and once more when the signal comes. A later call with the saved vectors as `before` goes on
   * from them. Default none.
   */
  readonly checkpoint?: (set: VectorSet) => Promise<void>;
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

const { onProgress, signal } = embedPicturesChecks;
const textsChecks: Checks<UpdateTextsOptions> = {
  ...{ prune: boolean(), checkpoint: callback('of the vectors so far'), onProgress, signal },
};
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
  const setOf = setsOf(origin);
  const isDue = dueFor(options);
  const fresh = await embedReadable(
    model,
    [...stale.map((row) => old.ids[row]!), ...missing],
    {
      folder,
      ...(signal && { signal }),
      onProgress: (done) => onProgress?.(settled + done, total),
    },
    async (soFar) => {
      if (options.checkpoint === undefined || !isDue()) return;
      const { paths: ids, ...rest } = soFar();
      const done = new Set(ids);
      const reached = stale.filter((row) => done.has(old.ids[row]!));
      const { rows } = merged(old, { ids, ...rest }, { there, stale: reached, prune: false });
      await options.checkpoint(setOf(rows));
    },
  );
  const { paths: ids, embeddings, contents, rejects } = fresh;
  if (before === undefined && ids.length === 0 && rejects.length > 0) throw rejects[0]!.error;
  const { rows, ...counts } = merged(old, { ids, embeddings, contents }, { there, stale, prune });
  return { set: setOf(rows), ...counts, rejects };
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
  const { prune = false, onProgress, signal } = options;
  const total = there.length + missing.length;
  const setOf = setsOf(origin);
  const isDue = dueFor(options);
  const parts: Embeddings[] = [];
  let done = 0;
  const mergedWith = (isPruned: boolean): Merged => {
    const embeddings = joinEmbeddings(parts, model.dim);
    const fresh = { ids: missing.slice(0, done), embeddings };
    return merged(old, fresh, { there, stale: [], prune: isPruned });
  };
  const save = async (): Promise<void> => {
    if (options.checkpoint === undefined || !isDue()) return;
    await options.checkpoint(setOf(mergedWith(false).rows));
  };
  await inBatches(missing, async (batch) => {
    signal?.throwIfAborted();
    try {
      // The engine may be compiling, which cannot be stopped: the batch is left to finish in the background.
      parts.push(await unlessAborted(model.encodeText(batch), signal));
    } catch (error) {
      if (signal?.aborted === true && done > 0) await save();
      throw error;
    }
    done += batch.length;
    onProgress?.(there.length + done, total);
    await save();
  });
  const { rows, ...counts } = mergedWith(prune);
  return { set: setOf(rows), ...counts, rejects: [] };
}

const setsOf =
  (origin: VectorOrigin) =>
  (rows: Rows): VectorSet => ({ ...rows, model: checksumOf(origin.model), origin });

/** Milliseconds between two checkpoints. */
const between = 60_000;

/** Whether a checkpoint is due: a minute after the last, and at a signal. */
function dueFor({ signal }: Pick<UpdateTextsOptions, 'signal'>): () => boolean {
  let last = performance.now();
  return () => {
    const is = signal?.aborted === true || performance.now() - last >= between;
    if (is) last = performance.now();
    return is;
  };
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
