import { DataError } from '@crossweave/core';
import { readBytes } from '@crossweave/core/node';

/**
 * The lines of a UTF-8 file, empty ones and spaces around them left out.
 *
 * @throws DataError when it is missing, not UTF-8, or holds no line.
 */
export async function readLines(path: string): Promise<string[]> {
  const bytes = await readBytes(path);
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError('the file is not in UTF-8', {
      where: path,
      advice: 'Save it as UTF-8.',
      cause,
    });
  }
  const lines = content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length > 0) return lines;
  throw new DataError('the file holds no line', { where: path, expected: 'one text a line' });
}
