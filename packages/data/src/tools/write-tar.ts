import { DataError } from '@crossweave/core';

const block = 512;

/** One file as a tar archive holds it: a ustar header, its bytes, zeros up to a whole block. */
export function tarEntry(name: string, bytes: Uint8Array): Buffer {
  if (Buffer.byteLength(name) > 100 || bytes.length >= 8 ** 11) {
    throw new DataError('the file does not fit a tar archive', {
      where: name,
      expected: 'a name of at most 100 bytes, and less than 8 GiB',
      got: `${bytes.length} bytes`,
    });
  }
  const header = Buffer.alloc(block);
  header.write(name, 0);
  // Fixed, so that the same samples give the same bytes: rights, owner, group, time.
  header.write('0000644\x000000000\x000000000\0', 100);
  header.write(`${octal(bytes.length, 11)}\0${octal(0, 11)}\0`, 124);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);
}

/** What ends an archive. */
export const tarEnd = Buffer.alloc(2 * block);

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
