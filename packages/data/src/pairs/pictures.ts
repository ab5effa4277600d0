import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DataError } from '@crossweave/core';
import { PictureCache } from '../image/cache';
import { decodeImage, type DecodeOptions } from '../image/decode';
import type { CaptionRecord } from '../records/record';

/** A record with its image file resolved. */
export interface Sample extends CaptionRecord {
  /** Absolute path of the image. */
  readonly path: string;
  /** `captions.jsonl:12`. */
  readonly where: string;
}

/** Stands in for pictures that cannot be decoded. */
export interface Placeholder {
  readonly picture: Uint8Array;
  /** Called each time it stands in. */
  onUse(sample: Sample, error: DataError): void;
}

/** Reads, decodes and keeps the pictures of a dataset. */
export class Pictures {
  readonly #cache: PictureCache;
  readonly #options: DecodeOptions;
  readonly #placeholder: Placeholder | undefined;

  /** Without a placeholder, pictures that cannot be decoded throw. */
  constructor(options: DecodeOptions, cacheBytes: number, placeholder?: Placeholder) {
    this.#options = options;
    this.#cache = new PictureCache(cacheBytes);
    this.#placeholder = placeholder;
  }

  /** [size, size, 3] bytes. @throws DataError when the file is missing or damaged */
  async get(sample: Sample): Promise<Uint8Array> {
    const cached = this.#cache.get(sample.path);
    if (cached !== undefined) return cached;
    try {
      return await this.#decode(sample, await readImage(sample));
    } catch (error) {
      if (this.#placeholder === undefined || !(error instanceof DataError)) throw error;
      this.#placeholder.onUse(sample, error);
      return this.#placeholder.picture;
    }
  }

  /**
   * Decodes the picture for the first time, and gives the SHA-256 of its file.
   * A picture that cannot be decoded is not thrown but given as `error`.
   */
  async check(sample: Sample): Promise<{ digest: string; error?: DataError }> {
    const file = await readImage(sample);
    const digest = createHash('sha256').update(file).digest('hex');
    try {
      await this.#decode(sample, file);
      return { digest };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      return { digest, error };
    }
  }

  async #decode(sample: Sample, file: Uint8Array): Promise<Uint8Array> {
    const picture = await decodeImage(file, `${sample.path} (${sample.where})`, this.#options);
    this.#cache.add(sample.path, picture);
    return picture;
  }
}

async function readImage(sample: Sample): Promise<Uint8Array> {
  try {
    return await readFile(sample.path);
  } catch (cause) {
    throw missingImage(sample, cause);
  }
}

/** What to say of an image that is not there. */
export function missingImage(sample: Sample, cause?: unknown): DataError {
  return new DataError('the image file is missing or cannot be read', {
    where: sample.where,
    expected: sample.path,
    got: cause instanceof Error && 'code' in cause ? String(cause.code) : 'no such file',
    advice:
      "Image paths are relative to the captions file's folder. Put the file there, correct the line, or pass missing: 'policy' to skip such records.",
    cause,
  });
}
