import type { Row } from './record';
import type { RowReader } from './row-reader';
import type { TextSource } from './text-source';

/** All rows of a text, read in one block. */
export function readWhole(reader: RowReader, text: string): Row[] {
  return [...reader.read(Buffer.from(text)), ...reader.end()];
}

/** Bytes in memory as a source, in chunks of `size`. */
export function bytesSource(bytes: Uint8Array, file: string, size = bytes.length): TextSource {
  return {
    file,
    // eslint-disable-next-line @typescript-eslint/require-await -- a source is asynchronous
    async *chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
}
