import { isUtf8 } from 'node:buffer';
import { DataError } from '@crossweave/core';
import { lineBlocks } from './line-blocks';
import { linesOfBytes } from './lines';
import type { TextSource } from './text-source';

/** Byte order marks and the encodings they stand for, the longer ones first. */
const marks: readonly { readonly bytes: readonly number[]; readonly encoding: string }[] = [
  { bytes: [0xff, 0xfe, 0x00, 0x00], encoding: 'utf-32le' },
  { bytes: [0x00, 0x00, 0xfe, 0xff], encoding: 'utf-32be' },
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
];

/**
 * A text in UTF-8, in blocks that end with a line: by its byte order mark, else in `encoding`, else
 * in UTF-8. The mark is not part of the text.
 *
 * @param encoding a label of the WHATWG Encoding Standard, such as `windows-1252`
 * @throws DataError when the bytes are not in that encoding; it names the line of the first wrong
 *   byte and suggests the encoding that seems to fit.
 */
export async function* decodedBlocks(
  source: TextSource,
  encoding?: string,
): AsyncGenerator<Buffer> {
  const { file } = source;
  const head = await firstBytes(source);
  const mark = marks.find((candidate) => candidate.bytes.every((byte, i) => head[i] === byte));
  const wanted = encoding === undefined ? undefined : new TextDecoder(encoding).encoding;
  if (mark !== undefined && wanted !== undefined && wanted !== mark.encoding) {
    throw new DataError('the file is not in the encoding that was asked for', {
      where: file,
      expected: wanted,
      got: `the byte order mark of ${mark.encoding}`,
      advice: 'Leave encoding out: the mark says how to read the file.',
    });
  }
  const used = wanted ?? mark?.encoding ?? withoutMark(head, file);
  if (used !== 'utf-8') {
    yield* lineBlocks(transcoded(source, used), file);
    return;
  }
  let skip = mark?.bytes.length ?? 0;
  for await (const block of lineBlocks(source.chunks(), file)) {
    if (!isUtf8(block)) throw await utf8Damage(source);
    yield block.subarray(skip);
    skip = 0;
  }
}

async function firstBytes(source: TextSource): Promise<Uint8Array> {
  let head = Buffer.alloc(0);
  for await (const chunk of source.chunks()) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= 1024) break;
  }
  return head;
}

/** The text in UTF-8. */
async function* transcoded(source: TextSource, encoding: string): AsyncGenerator<Uint8Array> {
  const western = encoding === 'windows-1252';
  const text = (decode: () => string): Buffer => {
    try {
      return Buffer.from(western ? upperFixed(decode()) : decode());
    } catch (cause) {
      throw new DataError('the captions file cannot be decoded', {
        where: source.file,
        expected: `text in ${encoding}`,
        got: cause instanceof Error ? cause.message : String(cause),
        advice: 'Save it as UTF-8, or name its encoding: encoding: "windows-1252", for one.',
        cause,
      });
    }
  };
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of source.chunks()) {
    yield text(() => {
      decoder ??= new TextDecoder(encoding, { fatal: true });
      return decoder.decode(chunk, { stream: true });
    });
  }
  yield text(() => decoder?.decode() ?? '');
}

/** What windows-1252 has for the bytes 0x80 to 0x9F. */
const upperWestern = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Node 20 decodes it as ISO 8859-1 (nodejs/node#56542), which has control characters here. */
function upperFixed(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (at) => upperWestern[at.charCodeAt(0) - 0x80] ?? at);
}

/** @throws DataError where zero bytes in every other place show UTF-16. */
function withoutMark(bytes: Uint8Array, file: string): 'utf-8' {
  const zeros = [0, 0];
  const sample = bytes.subarray(0, 1024);
  sample.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) <= sample.length / 8 || Math.min(even, odd) > sample.length / 32) {
    return 'utf-8';
  }
  const encoding = odd > even ? 'utf-16le' : 'utf-16be';
  throw new DataError('the captions file is not UTF-8', {
    where: `${file}:1`,
    expected: 'UTF-8, or a byte order mark',
    got: 'a zero byte in every other place, as UTF-16 has it',
    advice: `Pass encoding: '${encoding}', or save the file as UTF-8.`,
    suggestion: { encoding },
  });
}

/** What to say of a file that is not UTF-8; reads it to its end. */
async function utf8Damage(source: TextSource): Promise<DataError> {
  const { file } = source;
  let first: { readonly number: number; readonly bytes: Uint8Array } | undefined;
  let [count, wrong, foreign] = [0, 0, 0];
  let otherwise = false;
  for await (const block of lineBlocks(source.chunks(), file)) {
    for (const line of linesOfBytes(block)) {
      count++;
      if (isUtf8(line)) {
        otherwise ||= line.some((byte) => byte >= 0x80);
        continue;
      }
      wrong++;
      if (looksForeign(line)) foreign++;
      first ??= { number: count, bytes: Uint8Array.from(line) };
    }
  }
  first ??= { number: 1, bytes: new Uint8Array() };
  const where = `${file}:${first.number}`;
  const got = `byte 0x${wrongByte(first.bytes).toString(16)} on line ${first.number}`;
  const share = `${wrong} of ${count} lines`;
  if (otherwise) {
    return new DataError(`the file is UTF-8, but damaged in ${share}`, {
      where,
      expected: 'UTF-8',
      got: `${got}: ${excerpt(first.bytes, 'utf-8')}`,
      advice: 'Correct or remove the line, or write the file anew from where it came from.',
    });
  }
  const western = foreign * 2 < wrong;
  return new DataError(`the captions file is not UTF-8, in ${share}`, {
    where,
    expected: 'UTF-8',
    got: western ? `${got}; in windows-1252 it reads ${excerpt(first.bytes)}` : got,
    advice: western
      ? "Pass encoding: 'windows-1252' if that is right, or save the file as UTF-8."
      : 'Save the file as UTF-8, or name its encoding, such as encoding: "windows-1251", "shift_jis", "gb18030" or "euc-kr".',
    ...(western && { suggestion: { encoding: 'windows-1252' } }),
  });
}

/** Of a line that is not UTF-8: the byte after its longest valid beginning. */
function wrongByte(line: Uint8Array): number {
  let at = 0;
  while (at < line.length) {
    const length = [1, 2, 3, 4].find((size) => isUtf8(line.subarray(at, at + size)));
    if (length === undefined || at + length > line.length) break;
    at += length;
  }
  return line[at] ?? 0;
}

/** Western texts have an accent here and there; words of other scripts have no ASCII letter. */
function looksForeign(line: Uint8Array): boolean {
  return /[\x80-\xff]{3}/.test(Buffer.from(line).toString('latin1'));
}

function excerpt(line: Uint8Array, encoding = 'windows-1252'): string {
  const latin = Buffer.from(line).toString('latin1');
  const text = encoding === 'utf-8' ? Buffer.from(line).toString('utf8') : upperFixed(latin);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
