import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

export const segmentExtension = '.rows';

/** Of a record: `cwf1`, SHA-256 of the input (32 bytes), length of what follows (32 bits). */
const magic = Buffer.from('cwf1');
const headLength = 40;

interface Place {
  readonly offset: number;
  readonly length: number;
}

/** A file of records by the digests of their inputs, to which one process appends. */
export class Segment {
  readonly #file: number;
  readonly #places: Map<string, Place>;
  #length: number;
  readonly #own: boolean;

  private constructor(file: number, places: Map<string, Place>, length: number, own: boolean) {
    this.#file = file;
    this.#places = places;
    this.#length = length;
    this.#own = own;
  }

  /** A new file. @throws when it is there already */
  static create(path: string): Segment {
    return new Segment(openSync(path, 'wx+'), new Map(), 0, true);
  }

  /** A file of any process: whole records count, up to the first that is none. */
  static open(path: string): Segment {
    const file = openSync(path, 'r');
    const places = new Map<string, Place>();
    const { size } = fstatSync(file);
    const head = Buffer.alloc(headLength);
    let at = 0;
    while (at + headLength <= size && readSync(file, head, 0, headLength, at) === headLength) {
      const length = head.readUInt32LE(36);
      if (!head.subarray(0, 4).equals(magic) || at + headLength + length > size) break;
      places.set(head.toString('hex', 4, 36), { offset: at + headLength, length });
      at += headLength + length;
    }
    return new Segment(file, places, at, false);
  }

  /** What stands under a digest (hex); its own checksum says whether it is whole. */
  read(digest: string): Buffer | undefined {
    const place = this.#places.get(digest);
    if (place === undefined) return undefined;
    const bytes = Buffer.alloc(place.length);
    readSync(this.#file, bytes, 0, place.length, place.offset);
    return bytes;
  }

  append(records: readonly (readonly [digest: Buffer, bytes: Buffer])[]): void {
    const parts = records.flatMap(([digest, bytes]) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [magic, digest, length, bytes];
    });
    const all = Buffer.concat(parts);
    for (let done = 0; done < all.length;) {
      done += writeSync(this.#file, all, done, all.length - done, this.#length + done);
    }
    for (const [digest, { length }] of records) {
      this.#places.set(digest.toString('hex'), { offset: this.#length + headLength, length });
      this.#length += headLength + length;
    }
  }

  close(): void {
    if (this.#own) fdatasyncSync(this.#file);
    closeSync(this.#file);
  }
}
