import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { checkOptions, number, requireText, type Checks } from '@crossweave/core/authoring';
import { bytesOf, codeOf, namesIn, pruneByUse, type StoredEntry } from '@crossweave/core/node';
import { rowFromBytes, rowToBytes } from './row-bytes';
import { Segment, segmentExtension } from './segment';
import type { FeatureRow } from './table';

/**
 * Features on disk, so that a frozen encoder encodes each input once.
 *
 * The store has a folder for each encoder. The folder's name is a digest of the encoder's weights and
 * of its features of one input. The folder has a file for each process that added rows, and only that
 * process appends to the file. So processes need not wait for each other. A process that is killed
 * may leave its last row incomplete; readers skip such a row. A process sees its own rows and those
 * that were there when it opened the store.
 */
export class FeatureStore implements AsyncDisposable {
  readonly #folder: string;
  readonly #segments: Segment[];
  #own: Segment | undefined;

  private constructor(folder: string, segments: Segment[]) {
    this.#folder = folder;
    this.#segments = segments;
  }

  /**
   * @param folder made if it is not there
   * @param encoder what decides the features besides the input
   * @throws DataError when the folder cannot be read or made
   */
  static async open(folder: string, encoder: string): Promise<FeatureStore> {
    requireText('FeatureStore.open', 'folder', folder);
    requireText('FeatureStore.open', 'encoder', encoder);
    const own = join(folder, digest(encoder).toString('hex'));
    const segments: Segment[] = [];
    try {
      await mkdir(own, { recursive: true });
      for (const name of (await readdir(own)).sort()) {
        if (name.endsWith(segmentExtension)) segments.push(Segment.open(join(own, name)));
      }
    } catch (cause) {
      for (const segment of segments) segment.close();
      throw failure(own, 'cannot be opened', cause);
    }
    return new FeatureStore(own, segments);
  }

  /** The row of an input, if it is there and whole. */
  get(input: string): FeatureRow | undefined {
    const name = digest(input).toString('hex');
    for (const segment of this.#segments) {
      const bytes = segment.read(name);
      const row = bytes === undefined ? undefined : rowFromBytes(bytes);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** Adds rows. @throws DataError when they cannot be written */
  put(rows: readonly { readonly input: string; readonly row: FeatureRow }[]): void {
    if (rows.length === 0) return;
    const path = join(this.#folder, `${process.pid}-${randomUUID()}${segmentExtension}`);
    try {
      if (this.#own === undefined) {
        this.#own = Segment.create(path);
        this.#segments.push(this.#own);
      }
      this.#own.append(rows.map(({ input, row }) => [digest(input), rowToBytes(row)]));
    } catch (cause) {
      throw failure(this.#folder, 'cannot be written', cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const segment of this.#segments.splice(0)) segment.close();
    // So that pruning takes what has not been used for long.
    const now = new Date();
    await utimes(this.#folder, now, now).catch(() => undefined);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function failure(path: string, what: string, cause: unknown): DataError {
  return new DataError(`the store of features ${what}`, {
    where: path,
    got: cause instanceof Error ? (codeOf(cause) ?? cause.message) : String(cause),
    advice: 'Free space or rights there, remove the file, or leave out the store.',
    cause,
  });
}

/** How much a store of features holds. */
export interface StoredFeatures {
  /** Encoders, a folder each. */
  readonly encoders: number;
  readonly bytes: number;
}

/** The size of a store of features; zero when there is none. */
export async function measureFeatureStore(folder: string): Promise<StoredFeatures> {
  requireText('measureFeatureStore', 'folder', folder);
  return sizeOf(await encodersOf(folder));
}

export interface PruneFeaturesOptions {
  /** Bytes that may stay. */
  readonly keepBytes: number;
}

const pruneChecks: Checks<PruneFeaturesOptions> = { keepBytes: number({ integer: true, min: 0 }) };

/**
 * Removes the features of the encoders that have not been used for longest, until the rest is small
 * enough. A process that is using them goes on with what it has open.
 *
 * @returns what was removed, and what stays
 */
export async function pruneFeatureStore(
  folder: string,
  options: PruneFeaturesOptions,
): Promise<{ readonly removed: StoredFeatures; readonly left: StoredFeatures }> {
  requireText('pruneFeatureStore', 'folder', folder);
  checkOptions('pruneFeatureStore', options, pruneChecks, ['keepBytes']);
  const { removed, left } = await pruneByUse(await encodersOf(folder), options.keepBytes);
  return { removed: sizeOf(removed), left: sizeOf(left) };
}

const encoderFolder = /^[\da-f]{64}$/;

/** Of other files in the folder nothing is counted or removed. */
async function encodersOf(folder: string): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  for (const name of (await namesIn(folder, unreadable(folder))).filter((each) =>
    encoderFolder.test(each),
  )) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) continue;
    let bytes = 0;
    for (const file of await namesIn(path, unreadable(path))) {
      bytes += (await stat(join(path, file)).catch(() => undefined))?.size ?? 0;
    }
    found.push({ path, bytes, used: facts.mtimeMs });
  }
  return found;
}

function sizeOf(all: readonly StoredEntry[]): StoredFeatures {
  return { encoders: all.length, bytes: bytesOf(all) };
}

const unreadable =
  (folder: string) =>
  (cause: unknown): DataError =>
    failure(folder, 'cannot be read', cause);
