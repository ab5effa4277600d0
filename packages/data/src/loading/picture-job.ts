import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { DataError } from '@crossweave/core';
import { changePicture, type PictureChange } from '../image/augment';
import { decodeImage } from '../image/decode';
import type { Normalisation } from '../image/normalise';
import { readDecodeOptions, type DecodeOptions } from '../image/options';
import { PictureStore } from '../image/picture-store';
import { meanCells } from '../image/mean-cells';
import { writePicture, type Place } from './batch-memory';

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
  /** Where the picture goes as float32 numbers, normalised, in place of `picture`. */
  readonly into?: (Place & { readonly normalise: Normalisation }) | undefined;
  /** Whether `decoded` is wanted where the picture goes elsewhere. Default true. */
  readonly keep?: boolean | undefined;
}

export interface LoadedPicture {
  /** [size, size, 3] bytes as decoded; absent where the job brought it or does not want it. */
  readonly decoded?: Uint8Array | undefined;
  /** The same with the job's change; absent where the job says another place for it. */
  readonly picture?: Uint8Array | undefined;
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
  if (job.decoded !== undefined) return deliver(job, job.decoded, size);
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
    return {
      ...(job.keep !== false && { decoded }),
      ...deliver(job, decoded, size),
      ...(job.digest === true && { digest, cells: meanCells(decoded, size) }),
    };
  } catch (error) {
    if (job.digest !== true || signal?.aborted === true || !(error instanceof DataError))
      throw error;
    return { digest, error };
  }
}

/** Changes a decoded picture and brings it where the job wants it. */
function deliver(
  { change = {}, into }: PictureJob,
  decoded: Uint8Array,
  size: number,
): LoadedPicture {
  const picture = changePicture(decoded, size, change);
  if (into === undefined) return { picture };
  writePicture(picture, into, into.normalise);
  return {};
}

export function digestOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex');
}

/** @throws DataError when it is missing */
export async function readImageFile(path: string, where: string): Promise<Uint8Array> {
  try {
    return await (readsAtOnce() ? timed(() => readFileSync(path)) : readFile(path));
  } catch (cause) {
    throw missingImage(path, where, cause);
  }
}

/** Reading that takes so many milliseconds waits for a disk or a network. */
const slow = 2;
/** After a slow file, so many are read while others are decoded. */
const readBeside = 64;
let besides = 0;

/**
 * Whether a thread may wait for a file. Where files come from memory or a fast disk, that costs a tenth
 * of the processor time of reading beside the decoding of others.
 */
function readsAtOnce(): boolean {
  return !isMainThread && besides-- <= 0;
}

function timed(read: () => Uint8Array): Uint8Array {
  const began = performance.now();
  const file = read();
  besides = performance.now() - began > slow ? readBeside : 0;
  return file;
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
