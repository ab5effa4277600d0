import { DataError } from '@crossweave/core';
import { unlessAborted } from '@crossweave/core/node';
import type { PictureChange } from '../image/augment';
import { PictureCache } from '../image/cache';
import type { Normalisation } from '../image/normalise';
import { decodeChecks, readDecodeOptions, type DecodeOptions } from '../image/options';
import { BatchMemory, writePicture, type Place } from '../loading/batch-memory';
import {
  digestOf,
  readImageFile,
  type LoadedPicture,
  type PictureJob,
  type PictureSettings,
} from '../loading/picture-job';
import { pictureThreads } from '../loading/picture-threads';
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

export interface PicturesOptions {
  /** Bytes of decoded pictures to keep. */
  readonly cacheBytes: number;
  /** Without it, pictures that cannot be decoded throw. */
  readonly placeholder?: Placeholder | undefined;
  /** Folder of a `PictureStore`. */
  readonly store?: string | undefined;
  /** Threads that load; 0 (default) loads in this one. */
  readonly threads?: number;
}

/** Reads, decodes and keeps the pictures of a dataset. */
export class Pictures {
  readonly #cache: PictureCache;
  readonly #settings: PictureSettings;
  readonly #signal: AbortSignal | undefined;
  readonly #placeholder: Placeholder | undefined;
  readonly #threads: number;
  /** Bytes of a decoded picture. */
  readonly #bytes: number;
  /** Where threads write batches; so many are prepared at once by default. */
  readonly memory = new BatchMemory(2);
  /** Samples for which the placeholder stands in. */
  readonly #replaced = new Set<Sample>();
  /** SHA-256 of the image files that were read, by their paths. */
  readonly #digests = new Map<string, string>();

  /** Of `options`, which may hold others besides, those of decoding are used; the signal ends `check` alone. */
  constructor(
    options: DecodeOptions,
    { cacheBytes, placeholder, store, threads = 0 }: PicturesOptions,
  ) {
    const { signal, ...own } = pick(options, Object.keys(decodeChecks));
    this.#bytes = readDecodeOptions(own).size ** 2 * 3;
    this.#settings = { options: own, store };
    this.#signal = signal;
    this.#cache = new PictureCache(cacheBytes);
    this.#placeholder = placeholder;
    this.#threads = threads;
  }

  /** The options that decide what a file becomes: how much memory decoding may take does not. */
  get deciding(): object {
    return { ...readDecodeOptions(this.#settings.options), decodeBytes: undefined };
  }

  /** Whether other threads decode, so that a whole batch is worth being asked for at once. */
  get inThreads(): boolean {
    return this.#threads > 0;
  }

  /** [size, size, 3] bytes, changed. @throws DataError when the file is missing or damaged */
  async get(sample: Sample, change?: PictureChange): Promise<Uint8Array> {
    return (await this.#make(sample, change)) as Uint8Array;
  }

  /** Writes the picture, changed and normalised, to a place in a batch. @throws as {@link get} */
  async write(
    sample: Sample,
    change: PictureChange | undefined,
    place: Place,
    normalise: Normalisation,
  ): Promise<void> {
    const picture = await this.#make(sample, change, { ...place, normalise });
    if (picture === undefined) return;
    writePicture(picture, place, normalise);
  }

  /** @returns the picture, unless it was written `into` a place on the way */
  async #make(
    sample: Sample,
    change?: PictureChange,
    into?: PictureJob['into'],
  ): Promise<Uint8Array | undefined> {
    const cached =
      this.#cache.get(sample.path) ??
      (this.#replaced.has(sample) ? this.#placeholder?.picture : undefined);
    const changes = change !== undefined && Object.keys(change).length > 0;
    if (cached !== undefined && !changes) return cached;
    try {
      return (await this.#load(sample, { decoded: cached, change, into })).picture;
    } catch (error) {
      if (this.#placeholder === undefined || !(error instanceof DataError)) throw error;
      if (!this.#replaced.has(sample)) this.#placeholder.onUse(sample, error);
      this.#replaced.add(sample);
      return this.#make(sample, change, into);
    }
  }

  /**
   * Decodes the picture for the first time, and gives the SHA-256 of its file and its `meanCells`.
   * A picture that cannot be decoded is not thrown but given as `error`.
   *
   * @throws the signal's reason once it is aborted
   */
  async check(
    sample: Sample,
  ): Promise<{ digest: string; cells?: Uint8Array | undefined; error?: DataError }> {
    const signal = this.#signal;
    signal?.throwIfAborted();
    const loaded = await this.#load(sample, { digest: true }, signal);
    const { digest = '', cells, error } = loaded;
    if (error !== undefined) return { digest, error };
    this.#digests.set(sample.path, digest);
    return { digest, cells };
  }

  /**
   * SHA-256 (hex) of the image file. Undefined where the placeholder stands in, or may do so.
   *
   * @throws DataError when the file is missing
   */
  async digest(sample: Sample): Promise<string | undefined> {
    const known = this.#digests.get(sample.path);
    if (known !== undefined) return known;
    if (this.#placeholder !== undefined) return undefined;
    const digest = digestOf(await readImage(sample));
    this.#digests.set(sample.path, digest);
    return digest;
  }

  async #load(
    sample: Sample,
    wanted: Pick<PictureJob, 'digest' | 'change' | 'decoded' | 'into'>,
    signal?: AbortSignal,
  ): Promise<LoadedPicture & { readonly error?: DataError }> {
    const { path, where, picture } = sample;
    const embedded = wanted.decoded === undefined ? picture : undefined;
    const file =
      embedded === undefined ? path : await unlessAborted(Promise.resolve(embedded.read()), signal);
    const keep = this.#cache.fits(this.#bytes);
    const job = { file, where, name: path, keep, ...wanted };
    const loaded = await pictureThreads.run(job, this.#settings, this.#threads, signal);
    if ('error' in loaded) return loaded;
    if (loaded.decoded !== undefined) this.#cache.add(path, loaded.decoded);
    return loaded;
  }
}

function pick<Options extends object>(options: Options, names: readonly string[]): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => names.includes(name)),
  ) as Options;
}

/** The bytes of its image file. @throws DataError when it is missing */
export async function readImage({ picture, path, where }: Sample): Promise<Uint8Array> {
  return picture === undefined ? readImageFile(path, where) : picture.read();
}
