/** An entry of an archive for a test; a directory or link where `type` says so. */
export interface TestEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly type?: string;
}

/** A ustar archive, without its two blocks of zeros at the end. */
export function tarOf(entries: readonly TestEntry[]): Buffer {
  return Buffer.concat(entries.map(({ name, content = '', type }) => entryOf(name, content, type)));
}

/** The end of an archive. */
export const tarEnd = Buffer.alloc(1024);

function entryOf(name: string, content: string | Uint8Array, type = '0'): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(`${bytes.length.toString(8).padStart(11, '0')} `, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
