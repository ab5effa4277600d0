import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DataError } from '@crossweave/core';
import { isHubId, modelFolders } from '../hub-caches';

export interface OnnxFolder {
  /** The folder with `config.json` and `onnx/`. */
  readonly folder: string;
  /** Name for messages: the folder's name, or the id. */
  readonly name: string;
}

/**
 * Finds the folder of an ONNX model. `name` is a path, or the id of a model on Hugging Face's hub
 * (revision `main`) that is in a cache of the transformers libraries. Nothing is downloaded.
 *
 * @param file the name of the weights in `onnx/`, without `.onnx`. @throws DataError when the
 *   folder is not found; it says where it was searched and how to get the model.
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
    advice: `Get the model with "hf download ${name}".`,
  });
}
