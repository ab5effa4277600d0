import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { DataError } from '../errors';
import { fileError } from './file-error';

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
    throw fileError('the file cannot be read', path, cause);
  }
  throw new DataError('the file cannot be read', {
    where: path,
    expected: 'a regular file',
    got: 'a folder, a pipe or a device',
  });
}
