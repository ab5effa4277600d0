import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from './file-error';

/** What lies in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly path: string;
  /** Whether it is a folder, or a link to one. A link whose target is missing counts as a file. */
  readonly isFolder: boolean;
}

/** What systems leave in folders: hidden files, and those of Windows and macOS. */
const clutter = /^(\..*|thumbs\.db|desktop\.ini|__macosx)$/i;

/**
 * What lies in a folder, in the order of the names. Links count as what they point to. Hidden files and
 * what systems leave (`Thumbs.db`, `__MACOSX`) are passed over.
 *
 * @throws DataError when the folder cannot be read.
 */
export async function folderEntries(folder: string): Promise<FolderEntry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw fileError('the folder cannot be read', folder, cause);
  });
  const own = entries.filter(({ name }) => !clutter.test(name));
  own.sort((a, b) => (a.name < b.name ? -1 : 1));
  return Promise.all(
    own.map(async (entry) => {
      const path = join(folder, entry.name);
      const isFolder = entry.isSymbolicLink()
        ? await stat(path).then(
            (target) => target.isDirectory(),
            () => false,
          )
        : entry.isDirectory();
      return { name: entry.name, path, isFolder };
    }),
  );
}

/**
 * The files of a folder and of those below it, as {@link folderEntries} lists them. A folder that lies
 * within itself by a link is entered once.
 *
 * @throws DataError when a folder cannot be read; the signal's reason when aborted.
 */
export async function* filesBelow(folder: string, signal?: AbortSignal): AsyncGenerator<string> {
  yield* below(folder, signal, []);
}

async function* below(
  folder: string,
  signal: AbortSignal | undefined,
  above: readonly string[],
): AsyncGenerator<string> {
  signal?.throwIfAborted();
  const entries = await folderEntries(folder);
  const real = await realpath(folder);
  if (above.includes(real)) return;
  for (const { path, isFolder } of entries) {
    if (isFolder) yield* below(path, signal, [...above, real]);
    else yield path;
  }
}
