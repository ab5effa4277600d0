import { DataError } from '@crossweave/core';
import type { ByteReader } from './byte-reader';

/** A file in an archive. */
export interface TarEntry {
  /** Path as written. */
  readonly name: string;
  readonly size: number;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  /** `file`, or what else it is: a link has no bytes of its own, a file with holes not all of them. */
  readonly kind: 'file' | 'link' | 'other';
  /** Its bytes; to be called before the next entry is asked for, or not at all. */
  body(): Promise<Buffer>;
}

const block = 512;
/** Bytes of a long name or of pax headers: more are damage. */
const longestHeader = 2 ** 20;

/**
 * The files of a tar archive (ustar, pax, GNU) in their order; folders are passed over.
 *
 * @param where names the archive in errors
 * @throws DataError when the archive is damaged or ends early: what would follow is not known then
 */
export async function* tarEntries(reader: ByteReader, where: string): AsyncGenerator<TarEntry> {
  let last = '';
  const damaged = (got: string): DataError =>
    new DataError('the archive is damaged, or no tar archive', {
      where,
      expected: 'a whole tar archive',
      got: last === '' ? got : `${got}, after ${last}`,
      advice: 'Get or write the file anew, or leave it out: what stands after that place is lost.',
    });
  let pax: Readonly<Record<string, string>> = {};
  let longName: string | undefined;
  let zeros = 0;
  for (;;) {
    const header = await reader.read(block);
    if (header.length === 0 && zeros > 0) return;
    if (header.length < block) throw damaged('an early end');
    // Zeros end an archive; another may follow, as `cat` puts them together.
    if (header.every((byte) => byte === 0)) {
      zeros++;
      continue;
    }
    zeros = 0;
    if (!sumFits(header)) throw damaged(`no header at byte ${reader.offset - block}`);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = Number(pax['size'] ?? sizeOf(header));
    if (!Number.isSafeInteger(size) || size < 0) throw damaged('a size that is none');
    const name = pax['path'] ?? longName ?? nameOf(header);
    const offset = reader.offset;
    const end = offset + Math.ceil(size / block) * block;
    const body = async (): Promise<Buffer> => {
      const bytes = await reader.read(size);
      if (bytes.length < size) throw damaged(`an early end within ${name}`);
      return bytes;
    };
    if ('xLKg'.includes(type)) {
      if (size > longestHeader) throw damaged('a header that is too long');
      const bytes = await body();
      if (type === 'x') pax = paxFields(bytes);
      if (type === 'L') longName = bytes.toString('utf8').replace(/\0.*$/s, '');
    } else {
      // The archive stores a sparse file as a map of its holes and the bytes between them.
      const hasHoles = Object.keys(pax).some((key) => key.startsWith('GNU.sparse.'));
      const kind = hasHoles ? 'other' : kindOf(type);
      if (type !== '5') yield { name, size, offset, kind, body };
      last = name;
      pax = {};
      longName = undefined;
    }
    const left = end - reader.offset;
    if ((await reader.skip(left)) < left) throw damaged(`an early end within ${name}`);
  }
}

function textOf(header: Buffer, from: number, length: number): string {
  const bytes = header.subarray(from, from + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? length : end);
}

function nameOf(header: Buffer): string {
  const name = textOf(header, 0, 100);
  const prefix = textOf(header, 257, 6).startsWith('ustar') ? textOf(header, 345, 155) : '';
  // GNU archives have times where ustar has the prefix.
  const gnu = header.toString('latin1', 257, 265) === 'ustar  \0';
  return prefix === '' || gnu ? name : `${prefix}/${name}`;
}

/** In octal digits, or GNU's base 256 for what needs more. */
function sizeOf(header: Buffer): number {
  const field = header.subarray(124, 136);
  const digits = textOf(header, 124, 12).trim();
  if (((field[0] ?? 0) & 0x80) === 0) return digits === '' ? 0 : Number.parseInt(digits, 8);
  return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Whether the header's sum is that of its bytes, with spaces in the place of the sum. */
function sumFits(header: Buffer): boolean {
  const stated = Number.parseInt(textOf(header, 148, 8).trim(), 8);
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  return stated === sum;
}

function kindOf(type: string): TarEntry['kind'] {
  if (['0', '\0', '7'].includes(type)) return 'file';
  return type === '1' || type === '2' ? 'link' : 'other';
}

/** `length key=value\n`, one after another; lengths are in bytes. */
function paxFields(bytes: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('utf8', at, space));
    if (space < 0 || !Number.isInteger(length) || length <= 0) break;
    const entry = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = entry.indexOf('=');
    fields[entry.slice(0, equals)] = entry.slice(equals + 1);
    at += length;
  }
  return fields;
}
