import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import { DataError } from '@crossweave/core';
import { unlessAborted } from '../concurrency';
import { PictureCache } from '../image/cache';
import { decodeImage } from '../image/decode';
import { PictureStore } from '../image/picture-store';
import { decodeChecks, readDecodeOptions, type DecodeOptions } from '../image/options';
import type { CaptionRecord } from '../records/record';

/** A record with its image file resolved. */
export interface Sample extends CaptionRecord {
  /** Absolute path of the image; for a picture within a file, a name that no other has. */
  readonly path: string;
  /** `captions.jsonl:12`. */
  readonly where: string;
}

/** Stands in for pictures that cannot be decoded. */
export interface Placeholder {
  readonly picture: Uint8Array;
  /** Called the first time it stands in for a sample. */
  onUse(sample: Sample, error: DataError): void;
}

/** Reads, decodes and keeps the pictures of a dataset. */
export class Pictures {
  readonly #cache: PictureCache;
  readonly #options: DecodeOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #placeholder: Placeholder | undefined;
  readonly #store: PictureStore | undefined;
  /** Values of a picture. */
  readonly #length: number;
  /** Samples for which the placeholder stands in. */
  readonly #replaced = new Set<Sample>();

  /**
   * @param store folder of a {@link PictureStore}
   *
   * Without a placeholder, pictures that cannot be decoded throw. Of `options`, which may hold
   * others besides, those of decoding are used; the signal ends `check` alone.
   */
  constructor(
    options: DecodeOptions,
    cacheBytes: number,
    placeholder?: Placeholder,
    store?: string,
  ) {
    const { signal, ...own } = pick(options, Object.keys(decodeChecks));
    this.#options = own;
    this.#signal = signal;
    this.#cache = new PictureCache(cacheBytes);
    this.#placeholder = placeholder;
    // How much memory decoding may take decides no value.
    const deciding = { ...readDecodeOptions(own), decodeBytes: undefined };
    this.#store = store === undefined ? undefined : new PictureStore(store, deciding);
    this.#length = deciding.size * deciding.size * 3;
  }

  /** [size, size, 3] bytes. @throws DataError when the file is missing or damaged */
  async get(sample: Sample): Promise<Uint8Array> {
    const cached = this.#cache.get(sample.path);
    if (cached !== undefined) return cached;
    if (this.#placeholder !== undefined && this.#replaced.has(sample)) {
      return this.#placeholder.picture;
    }
    try {
      return await this.#decode(sample, await readImage(sample), this.#options);
    } catch (error) {
      if (this.#placeholder === undefined || !(error instanceof DataError)) throw error;
      if (!this.#replaced.has(sample)) this.#placeholder.onUse(sample, error);
      this.#replaced.add(sample);
      return this.#placeholder.picture;
    }
  }

  /**
   * Decodes the picture for the first time, and gives the SHA-256 of its file.
   * A picture that cannot be decoded is not thrown but given as `error`.
   *
   * @throws the signal's reason once it is aborted
   */
  async check(sample: Sample): Promise<{ digest: string; error?: DataError }> {
    const signal = this.#signal;
    signal?.throwIfAborted();
    const file = await unlessAborted(readImage(sample), signal);
    const digest = digestOf(file);
    try {
      await this.#decode(sample, file, { ...this.#options, ...(signal && { signal }) }, digest);
      return { digest };
    } catch (error) {
      if (signal?.aborted === true || !(error instanceof DataError)) throw error;
      return { digest, error };
    }
  }

  async #decode(
    sample: Sample,
    file: Uint8Array,
    options: DecodeOptions,
    known?: string,
  ): Promise<Uint8Array> {
    const store = this.#store;
    const digest = store === undefined ? '' : (known ?? digestOf(file));
    const stored = await store?.get(digest, this.#length);
    const where = `${sample.path} (${sample.where})`;
    const picture = stored ?? (await decodeImage(file, where, options));
    if (stored === undefined) await store?.put(digest, picture);
    this.#cache.add(sample.path, picture);
    return picture;
  }
}

function digestOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex');
}

function pick<Options extends object>(options: Options, names: readonly string[]): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => names.includes(name)),
  ) as Options;
}

/** The bytes of its image file. @throws DataError when it is missing */
export async function readImage(sample: Sample): Promise<Uint8Array> {
  if (sample.picture !== undefined) return sample.picture.read();
  try {
    return await readFile(sample.path);
  } catch (cause) {
    throw missingImage(sample, cause);
  }
}

/** What to say of an image that is not there. */
export function missingImage(sample: Sample, cause?: unknown): DataError {
  const { image, path, where } = sample;
  return new DataError('the image file is missing or cannot be read', {
    where,
    expected: path,
    got: cause instanceof Error && 'code' in cause ? String(cause.code) : 'no such file',
    advice: `${oddity(image)}Image paths are relative to the captions file's folder. Put the file there, correct the line, or pass missing: 'policy' to skip such records.`,
    cause,
  });
}

/** What in a path that leads nowhere is seldom meant, and hard to see. */
function oddity(path: string): string {
  if (path !== path.trim()) return 'The path begins or ends with a space. ';
  if (/^["'\u2018-\u201e]|["'\u2018-\u201e]$/.test(path))
    return 'The path begins or ends with a quote. ';
  if (sep === '/' && path.includes('\\'))
    return 'The path has backslashes: folders end with "/" here. ';
  return '';
}
