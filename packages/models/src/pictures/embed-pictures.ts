import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { unlessAborted } from '@crossweave/core/node';
import { callback, checkOptions, having, text, type Checks } from '@crossweave/core/authoring';
import type { OpenModel } from '../open/open-model';
import { joinEmbeddings, type Embeddings } from '../vectors/embeddings';
import type { PictureFile } from './prepare-pictures';

/** A picture that has no vector. */
export interface PictureReject {
  readonly path: string;
  readonly error: DataError;
}

export interface EmbeddedPictures {
  /** Of the pictures that could be read, one a row. */
  readonly paths: readonly string[];
  readonly embeddings: Embeddings;
  /** SHA-256 of the bytes of each file, in hexadecimal, one a row. */
  readonly contents: readonly string[];
  /** All others. */
  readonly rejects: readonly PictureReject[];
}

export interface EmbedPicturesOptions {
  /** What paths are relative to. Default the working folder. */
  readonly folder?: string;
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between two batches with its reason. */
  readonly signal?: AbortSignal;
}

export const embedPicturesChecks: Checks<EmbedPicturesOptions> = {
  folder: text(),
  onProgress: callback('of the pictures done and their number'),
  signal: having('an AbortSignal', 'addEventListener', 'throwIfAborted'),
};

/** Files that are read and encoded at a time. */
const batchSize = 32;

/**
 * Embeddings of picture files, of which a few at a time are in memory. A damaged one is left out and
 * reported.
 *
 * @throws DataError when not one of them can be read: the first one's; ConfigError for a wrong option;
 *   the signal's reason when aborted.
 */
export async function embedPictures(
  model: Pick<OpenModel, 'encodeImage' | 'dim'>,
  paths: readonly string[],
  options: EmbedPicturesOptions = {},
): Promise<EmbeddedPictures> {
  checkOptions('embedPictures', options, embedPicturesChecks);
  const embedded = await embedReadable(model, paths, options);
  const [first] = embedded.rejects;
  if (first !== undefined && embedded.paths.length === 0) throw first.error;
  return embedded;
}

/**
 * As {@link embedPictures}, where it may be that not one of them can be read.
 *
 * @param after is called after each batch, and where the signal comes within one. Its argument makes
 *   the embeddings of all batches so far.
 */
export async function embedReadable(
  model: Pick<OpenModel, 'encodeImage' | 'dim'>,
  paths: readonly string[],
  { folder = '', onProgress, signal }: EmbedPicturesOptions,
  after?: (soFar: () => EmbeddedPictures) => Promise<void>,
): Promise<EmbeddedPictures> {
  const good: string[] = [];
  const contents: string[] = [];
  const parts: Embeddings[] = [];
  const rejects: PictureReject[] = [];
  const attempt = async (some: readonly string[]): Promise<void> => {
    try {
      const files = await Promise.all(some.map((path) => read(join(folder, path))));
      // The engine may be compiling, which cannot be stopped: the batch is left to finish in the background.
      parts.push(await unlessAborted(model.encodeImage(files), signal));
      good.push(...some);
      contents.push(...files.map(({ bytes }) => contentOf(bytes)));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      if (some.length === 1) rejects.push({ path: some[0]!, error });
      // One of them is damaged: each by itself.
      else for (const path of some) await attempt([path]);
    }
  };
  const soFar = (): EmbeddedPictures => ({
    ...{ paths: [...good], contents: [...contents], rejects: [...rejects] },
    embeddings: joinEmbeddings(parts, model.dim),
  });
  for (let at = 0; at < paths.length; at += batchSize) {
    signal?.throwIfAborted();
    try {
      await attempt(paths.slice(at, at + batchSize));
    } catch (error) {
      if (signal?.aborted === true && good.length > 0) await after?.(soFar);
      throw error;
    }
    onProgress?.(Math.min(at + batchSize, paths.length), paths.length);
    await after?.(soFar);
  }
  return soFar();
}

/** SHA-256 of a file's bytes, in hexadecimal: what `sha256sum` prints. */
export function contentOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function read(name: string): Promise<PictureFile> {
  try {
    return { name, bytes: await readFile(name) };
  } catch (cause) {
    throw new DataError('the picture cannot be read', {
      where: name,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
