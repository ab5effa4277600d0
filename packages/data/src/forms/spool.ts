import { closeSync, mkdtempSync, openSync, read, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '@crossweave/core';
import type { EmbeddedPicture } from '../records/record';

const readAt = promisify(read);
const writeAt = promisify(write);
/** Closes the file when neither the spool nor a picture of it is in use any more. */
const unused = new FinalizationRegistry<number>((file) => closeSync(file));

/**
 * Keeps images that can be read only once in the order of their file (of compressed shards, of
 * the network, of Parquet) in one temporary file, from which each is read again at any time. The
 * file goes when the process ends. `TMPDIR` says where it lies.
 */
export class Spool {
  #file: number | undefined;
  #length = 0;

  /** Adds an image. @throws DataError where the temporary file cannot be written */
  async add(bytes: Uint8Array): Promise<EmbeddedPicture> {
    const at = this.#length;
    this.#length += bytes.length;
    try {
      const file = this.#open();
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await writeAt(file, bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
    } catch (cause) {
      throw new DataError('the pictures cannot be kept in a temporary file', {
        where: tmpdir(),
        expected: 'room for all pictures of the network, of compressed shards and of Parquet',
        got: cause instanceof Error ? cause.message : String(cause),
        advice: 'Free some space there, or name a folder with more in the environment: TMPDIR=….',
        cause,
      });
    }
    return { bytes: bytes.length, read: () => this.#read(at, bytes.length) };
  }

  async #read(at: number, length: number): Promise<Uint8Array> {
    const copy = Buffer.alloc(length);
    const { bytesRead } = await readAt(this.#open(), copy, 0, length, at);
    return copy.subarray(0, bytesRead);
  }

  #open(): number {
    if (this.#file === undefined) {
      this.#file = temporaryFile();
      unused.register(this, this.#file);
    }
    return this.#file;
  }
}

function temporaryFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'crossweave-images-'));
  const file = openSync(join(folder, 'images'), 'w+');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Where the system lets open files go, nothing is left even by a process that is killed.
  try {
    remove();
  } catch {
    process.once('exit', remove);
  }
  return file;
}
