import { realpath } from 'node:fs/promises';
import { dirname, join, relative, isAbsolute } from 'node:path';
import { DataError, FileFormatError } from '@crossweave/core';

/**
 * The folder of a revision in the cache of Hugging Face's libraries, whose files are links to
 * `blobs`.
 */
const snapshot = /[\\/]models--[^\\/]+[\\/]snapshots[\\/][^\\/]+$/;

/**
 * The real path of a file of a model's folder. A link may lead to a file of the same folder or, in
 * Hugging Face's cache, of the model's part of the cache. Other links are refused, so that a
 * downloaded folder cannot make a program read other files of the disk.
 *
 * @throws DataError when there is no such file; FileFormatError when a link leads out of the
 *   folder.
 */
export async function fileInside(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const [root, real] = await Promise.all([realpath(folder), realpath(path)]).catch(
    (cause: unknown) => {
      throw new DataError('the file cannot be read', {
        where: path,
        got: cause instanceof Error ? cause.message : String(cause),
        cause,
      });
    },
  );
  const allowed = snapshot.test(root) ? dirname(dirname(root)) : root;
  const below = relative(allowed, real);
  if (below !== '' && below.split(/[\\/]/)[0] !== '..' && !isAbsolute(below)) return real;
  throw new FileFormatError('the file is a link that leads out of its folder', {
    where: path,
    expected: `a file in ${allowed}`,
    got: real,
    advice:
      'If you trust the link, give the path of its target instead of the folder, or copy the target into the folder.',
  });
}

/**
 * Whether a text is a plain file name: without folder, drive, or characters with a meaning in URLs
 * or shells.
 */
export function isPlainName(name: string): boolean {
  return /^[\w][\w.+@ -]*$/.test(name) && name.length <= 255;
}
