import { realpath } from 'node:fs/promises';
import { dirname, join, relative, isAbsolute } from 'node:path';
import { DataError, FileFormatError } from '@crossweave/core';

/** A revision's folder in the cache of Hugging Face's libraries; its files are links to `blobs`. */
const snapshot = /[\\/]models--[^\\/]+[\\/]snapshots[\\/][^\\/]+$/;

/**
 * The path of a file of a model's folder, links followed. A link may lead anywhere within the
 * folder, and in a cache of Hugging Face's within the model's part of it; a folder that somebody
 * else made must not choose what else of the disk is read.
 *
 * @throws DataError when there is no such file; FileFormatError when it leads elsewhere.
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
      'Where that is meant: name that file instead of the folder, or copy it into the folder.',
  });
}

/**
 * Whether a text is the plain name of a file: no folder, no drive, nothing that a URL or a shell
 * reads otherwise.
 */
export function isPlainName(name: string): boolean {
  return /^[\w][\w.+@ -]*$/.test(name) && name.length <= 255;
}
