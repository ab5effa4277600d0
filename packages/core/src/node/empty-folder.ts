import { readdir } from 'node:fs/promises';
import { ConfigError } from '../errors';
import { codeOf, fileError } from './file-error';

/**
 * For what writes several files under names of its own: nothing of somebody else's is written over.
 * A folder that is missing is empty; files whose names begin with a dot do not count.
 *
 * @throws ConfigError when the folder holds anything, DataError when it cannot be read.
 */
export async function requireEmptyFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    throw fileError('the folder cannot be read', folder, cause);
  });
  const first = names.find((name) => !name.startsWith('.'));
  if (first === undefined) return;
  throw new ConfigError('the folder is not empty', {
    where: folder,
    expected: 'a new or an empty folder',
    got: first,
    advice: 'Choose another one, or remove what it holds.',
  });
}
