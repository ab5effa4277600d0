import { readdir, rm } from 'node:fs/promises';
import { codeOf } from './file-error';

/** A file or folder of a store on disk. */
export interface StoredEntry {
  readonly path: string;
  readonly bytes: number;
  /** Time of the last use, in milliseconds. */
  readonly used: number;
}

/**
 * Removes the entries that were not used for longest, until the rest has at most `keepBytes`.
 *
 * @returns what was removed and what is left, the last used first.
 */
export async function pruneByUse(
  entries: readonly StoredEntry[],
  keepBytes: number,
): Promise<{ readonly removed: StoredEntry[]; readonly left: StoredEntry[] }> {
  const removed: StoredEntry[] = [];
  const left: StoredEntry[] = [];
  let bytes = 0;
  for (const entry of [...entries].sort((a, b) => b.used - a.used)) {
    bytes += entry.bytes;
    (bytes <= keepBytes ? left : removed).push(entry);
  }
  for (const { path } of removed) await rm(path, { recursive: true, force: true });
  return { removed, left };
}

/** The sum of the entries' bytes. */
export function bytesOf(entries: readonly StoredEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * The names in a folder; none where there is no such folder.
 *
 * @param failure makes the error for a folder that cannot be read.
 */
export async function namesIn(
  folder: string,
  failure: (cause: unknown) => Error,
): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw failure(cause);
  }
}
