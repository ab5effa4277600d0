import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { DataError, FileFormatError, isCrossweaveError } from '../../errors';

/** Larger texts are no configuration and no index: those of the largest models have some MB. */
export const longestJson = 2 ** 26;

/**
 * Opens a file to read it. A folder, a device, a socket or a pipe is refused: reading one of those
 * may wait for ever or never end.
 *
 * @throws DataError when it is no regular file, is missing or is unreadable.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  try {
    // Opening a pipe would wait for a writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw new DataError('the file cannot be read', {
    where: path,
    expected: 'a regular file',
    got: 'a folder, a pipe or a device',
  });
}

/**
 * The value of a JSON file that belongs to a checkpoint.
 *
 * @throws DataError as {@link openRegular} does, FileFormatError when the file is too long or is not
 * JSON.
 */
export async function readCheckpointJson(path: string): Promise<unknown> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size > longestJson) {
      throw new FileFormatError('the file is too long', {
        where: path,
        expected: `at most ${longestJson} bytes of JSON`,
        got: size,
      });
    }
    return parse(path, await file.readFile('utf8'));
  } catch (cause) {
    throw isCrossweaveError(cause) ? cause : unreadable(path, cause);
  } finally {
    await file.close();
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new FileFormatError('the file is not JSON', { where: path, got: reason(cause), cause });
  }
}

function unreadable(path: string, cause: unknown): DataError {
  return new DataError('the file cannot be read', { where: path, got: reason(cause), cause });
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
