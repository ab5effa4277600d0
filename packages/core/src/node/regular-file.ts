import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { DataError } from '../errors';
import { fileError } from './file-error';
import type { OpenFile } from './open-file';

/**
 * Opens a file for reading. Folders, devices, sockets and pipes are refused, since reading them may
 * block or never end.
 *
 * @throws DataError when the file is missing, cannot be read, or is not a regular file.
 */
export async function openRegular(path: string): Promise<OpenFile> {
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
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
