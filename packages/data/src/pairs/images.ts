import { stat } from 'node:fs/promises';
import { DataError } from '@crossweave/core';
import { mapConcurrently } from '../concurrency';
import { eagerCount, type OpenPairsOptions } from './options';
import { missingImage } from '../loading/picture-job';
import type { Pictures } from './pictures';
import { rejectImage, type Reject } from './rejects';
import type { ReadSample } from './samples';

/** A sample whose image file was looked for, or decoded. */
export interface Checked {
  readonly sample: ReadSample;
  /** SHA-256 of the image file; its size where the file was not read. */
  readonly digest: string;
  /** Whether the digest is of the file's bytes. */
  readonly read: boolean;
  readonly reject?: Reject;
}

/** The size of a sample's image file, or the error that says that there is no such file. */
export async function findImage({
  picture,
  path,
  where,
}: ReadSample): Promise<{ readonly bytes: number } | DataError> {
  if (picture !== undefined) return picture;
  try {
    const file = await stat(path);
    return file.isFile()
      ? { bytes: file.size }
      : missingImage(path, where, new Error('not a file'));
  } catch (cause) {
    return missingImage(path, where, cause);
  }
}

/** Looks for every image file before any is decoded, so that a wrong folder is known at once. */
export async function findImages(
  samples: readonly ReadSample[],
  { missing = 'fail', policy, concurrency = 8, signal }: OpenPairsOptions,
): Promise<Checked[]> {
  const found = await mapConcurrently(samples, concurrency, async (sample): Promise<Checked> => {
    signal?.throwIfAborted();
    const file = await findImage(sample);
    if (!(file instanceof DataError)) {
      return { sample, digest: `${file.bytes} bytes`, read: false };
    }
    const reject = rejectImage(sample, 'missing-image', file, policy);
    return { sample, digest: 'missing', read: false, reject };
  });
  const absent = found.filter(({ reject }) => reject !== undefined);
  const first = absent[0]?.reject?.error;
  if (first === undefined) return found;
  if (missing === 'fail' && absent.length > 1) {
    throw new DataError(`${absent.length} of ${samples.length} image files are missing`, {
      where: first.where,
      expected: first.expected,
      got: first.got,
      advice: first.advice,
      cause: first,
    });
  }
  if (missing === 'fail' || policy === 'fail' || absent.length === samples.length) throw first;
  return found;
}

/** Decodes the first records, then (unless `check` is `first`) all others. */
export async function checkImages(
  found: readonly Checked[],
  pictures: Pictures,
  { check = 'decode', policy, concurrency = 8, onProgress, signal }: OpenPairsOptions,
): Promise<Checked[]> {
  const total = check === 'first' ? Math.min(eagerCount, found.length) : found.length;
  let done = 0;
  let failed = false;
  const decode = async (known: Checked): Promise<Checked> => {
    const { sample } = known;
    const { digest, error } = await pictures.check(sample);
    return {
      sample,
      digest,
      read: true,
      ...(error && { reject: rejectImage(sample, 'damaged-image', error, policy) }),
    };
  };
  const examine = async (known: Checked): Promise<Checked> => {
    signal?.throwIfAborted();
    if (known.reject !== undefined || (failed && policy === 'fail')) return known;
    const checked = await decode(known);
    failed ||= checked.reject !== undefined;
    onProgress?.(++done, total);
    return checked;
  };
  const examineAll = async (some: readonly Checked[]): Promise<Checked[]> => {
    const atOnce = Math.min(some.length, Math.max(concurrency, pictures.atOnce));
    const checked = await mapConcurrently(some, atOnce, examine);
    for (const [i, known] of checked.entries()) {
      if (known.reject?.reason !== 'damaged-image') continue;
      signal?.throwIfAborted();
      // libvips keeps one list of messages for all threads: only alone does a picture get its own.
      checked[i] = await decode(known);
      if (policy === 'fail' && checked[i].reject !== undefined) throw checked[i].reject.error;
    }
    return checked;
  };
  const eager = await examineAll(found.slice(0, eagerCount));
  const [first] = eager;
  if (first?.reject !== undefined && eager.every(({ reject }) => reject !== undefined)) {
    throw first.reject.error;
  }
  const rest = found.slice(eagerCount);
  return [...eager, ...(check === 'first' ? rest : await examineAll(rest))];
}
