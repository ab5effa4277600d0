import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { DataError } from '@crossweave/core';
import { changePicture, type PictureChange } from '../image/augment';
import { decodeImage } from '../image/decode';
import { readDecodeOptions, type DecodeOptions } from '../image/options';
import { PictureStore } from '../image/picture-store';
import { meanCells } from '../image/mean-cells';

/** How the pictures of a dataset are decoded; plain data, so that a thread can be sent it. */
export interface PictureSettings {
  /** Without `signal`. */
  readonly options: DecodeOptions;
  /** Folder of a {@link PictureStore}. */
  readonly store?: string | undefined;
}

/** One picture that is to be read, decoded and changed; plain data as well. */
export interface PictureJob {
  /** Path of the image file, or its bytes. */
  readonly file: string | Uint8Array;
  /** The picture, where it has been decoded before. */
  readonly decoded?: Uint8Array | undefined;
  /** Where the record stands, and the name of the image, for messages. */
  readonly where: string;
  readonly name: string;
  /** Whether the SHA-256 of the file, and the mean colours of the picture's cells, are wanted. */
  readonly digest?: boolean | undefined;
  readonly change?: PictureChange | undefined;
}

export interface LoadedPicture {
  /** [size, size, 3] bytes as decoded; absent where the job brought it. */
  readonly decoded?: Uint8Array | undefined;
  /** The same with the job's change. */
  readonly picture: Uint8Array;
  readonly digest?: string | undefined;
  /** [8, 8, 3], see `meanCells`. */
  readonly cells?: Uint8Array | undefined;
}

/** A file that cannot be decoded, whose digest is known. */
export interface FailedPicture {
  readonly digest: string;
  readonly error: DataError;
}

/**
 * Reads, decodes and changes one picture, or takes it from the store.
 *
 * @returns the failure where the file is there but cannot be decoded and its digest was wanted
 * @throws DataError when the file is missing, or damaged and no digest was wanted
 * @throws the signal's reason once it is aborted
 */
export async function loadPicture(
  job: PictureJob,
  { options, store: folder }: PictureSettings,
  signal?: AbortSignal,
): Promise<LoadedPicture | FailedPicture> {
  const settings = readDecodeOptions(options);
  const { size } = settings;
  if (job.decoded !== undefined) {
    return { picture: changePicture(job.decoded, size, job.change ?? {}) };
  }
  const file = typeof job.file === 'string' ? await readImageFile(job.file, job.where) : job.file;
  // How much memory decoding may take decides no value.
  const store =
    folder === undefined
      ? undefined
      : new PictureStore(folder, { ...settings, decodeBytes: undefined });
  const digest = job.digest === true || store !== undefined ? digestOf(file) : '';
  try {
    const stored = await store?.get(digest, size * size * 3);
    const decoded =
      stored ??
      (await decodeImage(file, `${job.name} (${job.where})`, {
        ...options,
        ...(signal && { signal }),
      }));
    if (stored === undefined) await store?.put(digest, decoded);
    const picture = changePicture(decoded, size, job.change ?? {});
    if (job.digest !== true) return { decoded, picture };
    return { decoded, picture, digest, cells: meanCells(decoded, size) };
  } catch (error) {
    if (job.digest !== true || signal?.aborted === true || !(error instanceof DataError))
      throw error;
    return { digest, error };
  }
}

export function digestOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex');
}

/** @throws DataError when it is missing */
export async function readImageFile(path: string, where: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw missingImage(path, where, cause);
  }
}

/** What to say of an image that is not there. */
export function missingImage(path: string, where: string, cause?: unknown): DataError {
  return new DataError('the image file is missing or cannot be read', {
    where,
    expected: path,
    got: cause instanceof Error && 'code' in cause ? String(cause.code) : 'no such file',
    advice: `${oddity(path)}Image paths are relative to the captions file's folder. Put the file there, correct the line, or pass missing: 'policy' to skip such records.`,
    cause,
  });
}

/** What in a path that leads nowhere is seldom meant, and hard to see. */
function oddity(path: string): string {
  if (/\s$|\/\s/.test(path)) return 'A name in the path begins or ends with a space. ';
  if (/["'\u2018-\u201e]$|\/["'\u2018-\u201e]/.test(path)) {
    return 'A name in the path begins or ends with a quote. ';
  }
  return sep === '/' && path.includes('\\')
    ? 'The path has backslashes: folders end with "/" here. '
    : '';
}
