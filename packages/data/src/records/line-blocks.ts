import { DataError } from '@crossweave/core';

/** Longest line that is read: a caption is shorter, a file in one line is of another kind. */
const longestLine = 64 * 2 ** 20;

/**
 * The bytes of a text in an ASCII-compatible encoding, cut anew so that every block but the last
 * ends with a line.
 *
 * @throws DataError for a line of more than 64 MiB
 */
export async function* lineBlocks(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    // A line feed may follow a carriage return in the next chunk: what goes on is joined first.
    const ended = parts.at(-1)?.at(-1) === 0x0d;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const part = ended ? Buffer.concat([Buffer.from('\r'), bytes]) : bytes;
    if (ended) parts[parts.length - 1] = parts.at(-1)!.subarray(0, -1);
    if (ended) length--;
    const end = Math.max(part.lastIndexOf(0x0a), part.lastIndexOf(0x0d, -2)) + 1;
    if (end > 0) {
      yield Buffer.concat([...parts, part.subarray(0, end)]);
      parts = [];
      length = 0;
    }
    parts.push(part.subarray(end));
    length += part.length - end;
    if (length > longestLine) {
      throw new DataError('a line is too long', {
        where: file,
        expected: `lines of at most ${longestLine} bytes`,
        got: 'a line that does not end there',
        advice: 'The file seems to be of another kind: one JSON list, for one, has no lines.',
      });
    }
  }
  if (length > 0) yield Buffer.concat(parts);
}
