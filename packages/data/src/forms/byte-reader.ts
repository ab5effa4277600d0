import { open, type FileHandle } from 'node:fs/promises';

/** Bytes in their order. */
export interface ByteReader {
  /** The next bytes: fewer than `length` at the end alone. */
  read(length: number): Promise<Buffer>;
  /** Passes over bytes. @returns how many there were */
  skip(length: number): Promise<number>;
  /** Bytes read or passed over so far. */
  readonly offset: number;
  close(): Promise<void>;
}

/** A file, of which what is passed over is not read. */
export class FileReader implements ByteReader {
  offset = 0;
  readonly #file: FileHandle;
  readonly #size: number;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  static async open(path: string): Promise<FileReader> {
    const file = await open(path);
    try {
      return new FileReader(file, (await file.stat()).size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.#size - this.offset)));
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, this.offset);
    this.offset += bytesRead;
    return bytes.subarray(0, bytesRead);
  }

  skip(length: number): Promise<number> {
    const there = Math.max(0, Math.min(length, this.#size - this.offset));
    this.offset += there;
    return Promise.resolve(there);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** A stream. */
export class StreamReader implements ByteReader {
  offset = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.#take(length, (part) => parts.push(part));
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<number> {
    return this.#take(length, () => undefined);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #take(length: number, use: (part: Buffer) => void): Promise<number> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) break;
        this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
        continue;
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      use(part);
    }
    this.offset += length - left;
    return length - left;
  }
}
