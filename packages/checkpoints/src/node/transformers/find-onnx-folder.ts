import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DataError } from '@crossweave/core';
import { isHubId, modelFolders } from '../hub-caches';

export interface OnnxFolder {
  /** Holds `config.json` and `onnx/`. */
  readonly folder: string;
  /** For people: the folder's own name, or the id. */
  readonly name: string;
}

/**
 * The folder of an ONNX model that is named by a path, or by the id of a model on Hugging Face's
 * hub that lies in a cache of the transformers libraries (`main`). Nothing is downloaded.
 *
 * @param file the weights' name in `onnx/`, without `.onnx`.
 * @throws DataError when nothing is there, with where it was sought and how to get it.
 */
export async function findOnnxFolder(
  where: string,
  name: string,
  file: string,
): Promise<OnnxFolder> {
  if (existsSync(name) && statSync(name).isDirectory()) {
    return { folder: name, name: basename(resolve(name)) };
  }
  const weights = join('onnx', `${file}.onnx`);
  if (!isHubId(name)) {
    throw new DataError('there is no such folder', { where, expected: weights, got: name });
  }
  const folders = await modelFolders({ id: name, revision: 'main' });
  const found = folders.find((folder) => existsSync(join(folder, weights)));
  if (found !== undefined) return { folder: found, name };
  throw new DataError('there is no such folder, and no such model in a cache', {
    where,
    expected: `${weights} in one of ${folders.join(', ')}`,
    got: name,
    advice: `Get it with "hf download ${name}".`,
  });
}
