import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigError, DataError, FileFormatError, isCrossweaveError } from '../errors';

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
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (isCrossweaveError(cause)) throw cause;
    throw new DataError('the file cannot be written', { where: path, got: reason(cause), cause });
  }
  await flushFolder(folder);
}

/**
 * The bytes of a file.
 *
 * @throws DataError when it is missing or unreadable.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new DataError('the file cannot be read', { where: path, got: reason(cause), cause });
  }
}

/**
 * The value of a JSON file.
 *
 * @throws DataError when it is missing or unreadable, FileFormatError when it is not JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(path));
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new FileFormatError('the file is not JSON', { where: path, got: reason(cause), cause });
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
