import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeParams, type Params } from '@crossweave/core';
import { paramTree, requireValue } from '@crossweave/core/authoring';
import { bytesOf, storedType } from '../safetensors/params';
import { openSafetensors } from './safetensors-source';
import { writeSafetensors, type OutgoingTensor } from './write-safetensors';

/**
 * Loads parameters from a safetensors file; the caller disposes them. Bytes are read directly into
 * the arrays of the tensors, so loading needs no memory beyond the parameters.
 *
 * @throws DataError when the file is missing or cannot be read, FileFormatError when it is damaged.
 */
export async function loadSafetensors(path: string): Promise<Params> {
  await using source = await openSafetensors(path);
  const loaded: [string, Tensor][] = [];
  try {
    for (const name of source.entries.keys()) loaded.push([name, await source.read(name)]);
  } catch (error) {
    disposeParams(Object.fromEntries(loaded));
    throw error;
  }
  return Object.fromEntries(loaded);
}

/**
 * The metadata in the header of a safetensors file.
 *
 * @throws DataError when the file is missing or cannot be read, FileFormatError when it is damaged.
 */
export async function readSafetensorsMetadata(
  path: string,
): Promise<Readonly<Record<string, string>>> {
  await using source = await openSafetensors(path);
  return source.metadata;
}

/**
 * Writes parameters to a safetensors file, atomically and one tensor at a time. `metadata` is
 * stored in the header.
 *
 * @throws StateDictError when a parameter cannot be stored, ConfigError for what is no parameter tree or
 *   metadata that are no texts, DataError when the file cannot be written.
 */
export async function saveSafetensors(
  path: string,
  params: Params,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  requireValue('saveSafetensors', 'params', params, paramTree());
  const tensors = Object.entries(params).map(([name, value]): [string, OutgoingTensor] => [
    name,
    { dtype: storedType(name, value), shape: value.shape, pieces: [() => bytesOf(value)] },
  ]);
  await writeSafetensors(path, tensors, metadata);
}
