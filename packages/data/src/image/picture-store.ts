import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DataError } from '@crossweave/core';
import { checkOptions, number, requireText, type Checks } from '@crossweave/core/authoring';
import { bytesOf, codeOf, namesIn, pruneByUse, type StoredEntry } from '@crossweave/core/node';
import sharp from 'sharp';

/** Counts up when decoding gives other values for the same file and options. */
export const decoderVersion = 2;

const extension = '.picture';
/** Bytes before the picture: what wrote it, and the checksum of the rest. */
const headLength = 8;
const magic = Buffer.from('cwp1');

/**
 * Decoded pictures in a folder, so that they are decoded once and not at every start. A picture is
 * found by the SHA-256 of its file, the options of decoding and the version of the decoder: changed
 * files and other sizes have other entries. Several processes may share a folder. An entry gets its
 * name when it is whole; one that a crash damaged is found by its checksum and made anew.
 */
export class PictureStore {
  readonly #folder: string;
  readonly #options: string;

  /**
   * @param folder made when the first picture is stored
   * @param options the options of decoding that decide the values
   */
  constructor(folder: string, options: object) {
    this.#folder = folder;
    this.#options = JSON.stringify([decoderVersion, sharp.versions.vips, options]);
  }

  /** The picture of a file, if it is there and whole. */
  async get(digest: string, length: number): Promise<Uint8Array | undefined> {
    const path = this.#path(digest);
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined;
      throw failure(path, 'cannot be read', cause);
    }
    const picture = bytes.subarray(headLength);
    const whole =
      picture.length === length &&
      bytes.subarray(0, 4).equals(magic) &&
      bytes.readUInt32LE(4) === crc32(picture);
    if (!whole) return undefined;
    // So that pruning takes what has not been used for long.
    const now = new Date();
    await utimes(path, now, now).catch(() => undefined);
    return picture;
  }

  /** @throws DataError when the folder cannot be written */
  async put(digest: string, picture: Uint8Array): Promise<void> {
    const path = this.#path(digest);
    const head = Buffer.alloc(headLength);
    magic.copy(head);
    head.writeUInt32LE(crc32(picture), 4);
    const temporary = `${path}.${randomUUID()}.part`;
    try {
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(temporary, Buffer.concat([head, picture]));
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw failure(path, 'cannot be written', cause);
    }
  }

  #path(digest: string): string {
    const name = createHash('sha256').update(digest).update(this.#options).digest('hex');
    return join(this.#folder, name.slice(0, 2), `${name.slice(2)}${extension}`);
  }
}

function failure(path: string, what: string, cause: unknown): DataError {
  return new DataError(`the store of decoded pictures ${what}`, {
    where: path,
    got: cause instanceof Error ? (codeOf(cause) ?? cause.message) : String(cause),
    advice: 'Free space or rights there, or leave out pictureStore to decode at every start.',
    cause,
  });
}

/** How much a store of decoded pictures holds. */
export interface StoredPictures {
  readonly pictures: number;
  readonly bytes: number;
}

/** The size of a store of decoded pictures; zero when there is none. */
export async function measurePictureStore(folder: string): Promise<StoredPictures> {
  requireText('measurePictureStore', 'folder', folder);
  return sizeOf(await entriesOf(folder));
}

export interface PruneOptions {
  /** Bytes that may stay. */
  readonly keepBytes: number;
}

const pruneChecks: Checks<PruneOptions> = { keepBytes: number({ integer: true, min: 0 }) };

/**
 * Removes the pictures that have not been used for longest, until the rest is small enough, and what
 * crashed processes left half written.
 *
 * @returns what was removed, and what stays
 */
export async function prunePictureStore(
  folder: string,
  options: PruneOptions,
): Promise<{ readonly removed: StoredPictures; readonly left: StoredPictures }> {
  requireText('prunePictureStore', 'folder', folder);
  checkOptions('prunePictureStore', options, pruneChecks, ['keepBytes']);
  const { removed, left } = await pruneByUse(await entriesOf(folder, true), options.keepBytes);
  return { removed: sizeOf(removed), left: sizeOf(left) };
}

/** Parts that are this old belong to no process that is still writing. */
const staleAfter = 3_600_000;

async function entriesOf(folder: string, removeStale = false): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (const place of await namesIn(folder, unreadable(folder))) {
    for (const name of await namesIn(join(folder, place), unreadable(folder))) {
      const path = join(folder, place, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) continue;
      if (name.endsWith(extension)) {
        entries.push({ path, bytes: found.size, used: found.mtimeMs });
      } else if (removeStale && name.endsWith('.part') && Date.now() - found.mtimeMs > staleAfter) {
        await rm(path, { force: true });
      }
    }
  }
  return entries;
}

function sizeOf(entries: readonly StoredEntry[]): StoredPictures {
  return { pictures: entries.length, bytes: bytesOf(entries) };
}

const unreadable =
  (folder: string) =>
  (cause: unknown): DataError =>
    failure(folder, 'cannot be read', cause);
