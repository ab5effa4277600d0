import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { FileFormatError, isCrossweaveError } from '@crossweave/core';

/**
 * Unpacks the files of a zip archive (as wheels are) whose names are wanted, and resolves with
 * these names. Large archives and files are streamed.
 *
 * @throws FileFormatError when it is no such archive, is damaged, or has a name that leads out of
 *   the folder; the signal's reason when it aborts.
 */
export async function unpackZip(
  path: string,
  folder: string,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  let where = path;
  try {
    const archive = await openPromise(path, { autoClose: false });
    try {
      for await (const entry of archive.eachEntry()) {
        const name = entry.fileName;
        if (name.endsWith('/') || !wanted(name)) continue;
        where = `${path}: ${name}`;
        await unpackEntry(archive, entry, resolve(folder), signal);
        names.push(name);
      }
    } finally {
      archive.close();
    }
  } catch (cause) {
    if (signal.aborted || isCrossweaveError(cause)) throw cause;
    throw new FileFormatError('the archive cannot be unpacked', {
      where,
      expected: 'a wheel or another zip archive',
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  return names;
}

async function unpackEntry(
  archive: ZipFile,
  entry: Entry,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const target = resolve(folder, entry.fileName);
  // yauzl refuses such names by default. This check does not depend on its options.
  if (!target.startsWith(folder + sep)) throw new Error('the name leads out of the folder');
  await mkdir(dirname(target), { recursive: true });
  const content = await archive.openReadStreamPromise(entry);
  await pipeline(content, createWriteStream(target), { signal });
}
