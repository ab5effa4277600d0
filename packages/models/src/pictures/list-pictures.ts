import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';

const picture = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i;

/**
 * The pictures of a folder and of those below it, by the ends of their names: paths relative to it,
 * in the order of their names.
 *
 * @throws DataError when the folder cannot be read or holds no picture.
 */
export async function listPictures(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw new DataError('the folder cannot be read', {
        where: folder,
        got: cause instanceof Error ? cause.message : String(cause),
        cause,
      });
    },
  );
  const paths = entries
    .filter((entry) => entry.isFile() && picture.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .map((path) => path.split('\\').join('/'))
    .sort();
  if (paths.length > 0) return paths;
  throw new DataError('the folder holds no pictures', {
    where: folder,
    expected: 'files that end in .jpg, .png, .webp, .gif, .avif or .tif',
    got: `${entries.length} files of other kinds`,
  });
}
