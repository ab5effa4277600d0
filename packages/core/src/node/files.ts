import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, FileFormatError, isCrossweaveError } from '../errors';
import { codeOf, fileError } from './file-error';
import type { OpenFile } from './open-file';
import { openRegular } from './regular-file';

/**
 * Writes a file atomically: a reader sees the whole old or the whole new content, also after a
 * crash. The content goes to a temporary file in the same folder, is flushed to disk, and the file
 * is renamed to `path`. The folder must exist.
 *
 * @throws DataError when the file cannot be written; the temporary file is removed.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await writeAtomic(path, (file) => file.writeFile(data));
}

/**
 * As {@link writeFileAtomic}, for content that `write` writes in several pieces.
 *
 * @throws DataError when the file cannot be written; a CrossweaveError that `write` throws.
 */
export async function writeAtomic(
  path: string,
  write: (file: OpenFile) => Promise<void>,
): Promise<void> {
  await throughTemporary(path, write, (temporary) => rename(temporary, path));
}

/**
 * Creates a file atomically. Gives false when the file exists already: of several processes that
 * try at the same time, one succeeds.
 *
 * @throws DataError when the file cannot be written; nothing is left behind then.
 */
export async function createFileAtomic(path: string, data: string | Uint8Array): Promise<boolean> {
  const write = (file: FileHandle): Promise<void> => file.writeFile(data);
  return throughTemporary(path, write, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') return false;
      // On a file system without hard links the file exists for a moment without its content.
      const file = await open(path, 'wx').catch((error: unknown) => {
        if (codeOf(error) === 'EEXIST') return undefined;
        throw error;
      });
      if (file === undefined) return false;
      await fill(file, write).catch(async (error: unknown) => {
        await rm(path, { force: true });
        throw error;
      });
    }
    return true;
  });
}

/** Writes a temporary file beside `path`, flushes it to disk, and calls `publish` with it. */
async function throughTemporary<T>(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  publish: (temporary: string) => Promise<T>,
): Promise<T> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await fill(await open(temporary, 'wx'), write);
    const result = await publish(temporary);
    await flushFolder(folder);
    return result;
  } catch (cause) {
    if (isCrossweaveError(cause)) throw cause;
    throw fileError('the file cannot be written', path, cause);
  } finally {
    // If the removal fails too, the first error is the one to report.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function fill(file: FileHandle, write: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Creates a folder and its missing parents. Gives the topmost folder that was created.
 *
 * @throws DataError when a folder cannot be created.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const folder = resolve(path);
  const missing: string[] = [];
  try {
    for (let each = folder; !(await isFolder(each)); each = dirname(each)) missing.push(each);
    // One folder at a time, since `mkdir` with `recursive` never returns below some system folders.
    for (const each of missing.toReversed()) {
      await mkdir(each).catch(async (cause: unknown) => {
        if (codeOf(cause) !== 'EEXIST' || !(await isFolder(each))) throw cause;
      });
    }
  } catch (cause) {
    throw fileError('the folder cannot be created', folder, cause);
  }
  return missing.at(-1);
}

/**
 * False when the path does not exist.
 *
 * @throws when the path is not a folder or cannot be examined.
 */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw cause;
  }
  throw Object.assign(new Error(`EEXIST: ${path} is a file`), { code: 'EEXIST' });
}

/**
 * The bytes of a file.
 *
 * @throws DataError when the file is missing, cannot be read, or is not a regular file.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const file = await openRegular(path);
  try {
    return await file.readFile();
  } catch (cause) {
    throw fileError('the file cannot be read', path, cause);
  } finally {
    await file.close();
  }
}

/**
 * The value of a JSON file.
 *
 * @throws DataError when the file is missing, cannot be read, or is not a regular file;
 *   FileFormatError when its content is not JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(path));
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new FileFormatError('the file is not JSON', {
      where: path,
      got: cause instanceof RangeError ? 'lists or objects nested too deeply' : reason(cause),
      cause,
    });
  }
}

/**
 * Writes a value as indented JSON, atomically. NaN and infinities become null, since JSON lacks
 * them.
 *
 * @throws ConfigError when JSON cannot express the value (undefined, a function), DataError when
 *   the file cannot be written.
 */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  // JSON.stringify gives undefined for undefined and for functions, although its type is string.
  const text = JSON.stringify(value, null, 2) as string | undefined;
  if (text === undefined) {
    throw new ConfigError('the value cannot be written as JSON', {
      where: path,
      got: typeof value,
    });
  }
  await writeFileAtomic(path, `${text}\n`);
}

/**
 * Removes the temporary files that {@link writeAtomic} leaves in a folder when its process is
 * killed. Call it only when no other process writes to the folder.
 *
 * @throws DataError when the folder cannot be read.
 */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw fileError('the folder cannot be read', folder, cause);
  });
  for (const name of names.filter((each) => temporaryName.test(each))) {
    await rm(join(folder, name), { force: true });
  }
}

const temporaryName = /^\..+\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Flushes a folder, so that the rename is on disk, where the system supports that. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch {
    // Windows and some network file systems refuse; the file is in place nevertheless.
  } finally {
    await handle.close();
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
