import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exportError } from './errors';
import type { ExportedModel } from './export-onnx';

/**
 * Writes the model to `path`, and its weights beside it if they are a separate file. Each file is
 * written atomically, the model last, so that a model never lacks its weights. The folder must
 * exist.
 *
 * @returns the files written. @throws OnnxBackendError `export` when a file cannot be written;
 *   partial files are removed.
 */
export async function writeOnnx(path: string, exported: ExportedModel): Promise<string[]> {
  const { model, externalData } = exported;
  const files = [{ target: path, data: model }];
  if (externalData !== null) {
    if (externalData.location === basename(path)) {
      throw exportError(`the weights and the model would both be '${externalData.location}'.`);
    }
    files.unshift({ target: join(dirname(path), externalData.location), data: externalData.data });
  }
  const temporary = files.map(({ target }) =>
    join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`),
  );
  try {
    for (const [i, { data }] of files.entries()) await writeFlushed(temporary[i] as string, data);
    for (const [i, { target }] of files.entries()) await rename(temporary[i] as string, target);
  } catch (cause) {
    for (const file of temporary) await rm(file, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw exportError(`'${path}' cannot be written: ${reason}`, undefined, cause);
  }
  return files.map(({ target }) => target).reverse();
}

async function writeFlushed(path: string, data: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}
