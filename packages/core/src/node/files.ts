import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, FileFormatError, isCrossweaveError } from '../errors';
import { codeOf, fileError } from './file-error';
import { openRegular } from './regular-file';

/**
 * Writes a file so that readers, and a crash at any moment, see the old content or the new, never
 * a part: a temporary file in the same folder, flushed to disk, renamed over the target. The
 * folder must exist.
 *
 * @throws DataError when the file cannot be written; nothing is left behind then.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await writeAtomic(path, (file) => file.writeFile(data));
}

/**
 * As {@link writeFileAtomic}, with the content written by `write` bit by bit.
 *
 * @throws DataError when the file cannot be written; a CrossweaveError of `write` as it is.
 */
export async function writeAtomic(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  await throughTemporary(path, write, (temporary) => rename(temporary, path));
}

/**
 * Writes a file that must not be there yet: of several that try, one succeeds, and a reader sees
 * its whole content. False when there is such a file already.
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
      // A file system without hard links: the content comes a moment after the name.
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

/** Writes a temporary file beside `path`, flushed to disk, and does with it what `publish` says. */
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
    // Where even this fails, what failed before is the cause to tell.
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
 * Makes a folder and those above it, where they are not there. Gives the first that was made.
 *
 * @throws DataError when that cannot be.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const folder = resolve(path);
  const missing: string[] = [];
  try {
    for (let each = folder; !(await isFolder(each)); each = dirname(each)) missing.push(each);
    // One at a time: Node's own way of making several never ends in some of the system's folders.
    for (const each of missing.toReversed()) {
      await mkdir(each).catch(async (cause: unknown) => {
        if (codeOf(cause) !== 'EEXIST' || !(await isFolder(each))) throw cause;
      });
    }
  } catch (cause) {
    throw fileError('the folder cannot be made', folder, cause);
  }
  return missing.at(-1);
}

/** False where there is nothing. @throws where there is something else, or it cannot be told. */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false;
    throw cause;
  }
  throw Object.assign(new Error(`EEXIST: a file stands there, ${path}`), { code: 'EEXIST' });
}

/**
 * The bytes of a file.
 *
 * @throws DataError when it is missing, unreadable, or no regular file.
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
 * @throws DataError when it is missing, unreadable, or no regular file; FileFormatError when it is not JSON.
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
 * Writes a value as indented JSON, atomically. JSON has no NaN or infinities: they become null.
 *
 * @throws ConfigError when the value has no JSON (undefined, a function), DataError when the file
 * cannot be written.
 */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  // JSON.stringify gives undefined for undefined and functions, whatever its type says.
  const text = JSON.stringify(value, null, 2) as string | undefined;
  if (text === undefined) {
    throw new ConfigError('the value has no JSON', { where: path, got: typeof value });
  }
  await writeFileAtomic(path, `${text}\n`);
}

/**
 * Removes what {@link writeAtomic} leaves in a folder when its process is killed in the middle.
 * For a process that is sure that no other one writes there.
 *
 * @throws DataError when the folder cannot be read
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

/** Makes the rename itself durable, where the system allows to flush a folder. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch {
    // Windows and some network file systems refuse; the content is in place all the same.
  } finally {
    await handle.close();
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
