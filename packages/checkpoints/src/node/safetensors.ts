import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeParams, type Params } from '@crossweave/core';
import { bytesOf, storedType } from '../safetensors/params';
import { openSafetensors } from './safetensors-source';
import { writeSafetensors, type OutgoingTensor } from './write-safetensors';

/**
 * Parameters from a safetensors file; the caller owns them. A tensor's bytes go from the file
 * straight into its array, so memory stays at the parameters' own size.
 *
 * @throws DataError when the file is missing or unreadable, FileFormatError when it is damaged.
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
 * What was written into the header of a safetensors file beside its tensors.
 *
 * @throws DataError when the file is missing or unreadable, FileFormatError when it is damaged.
 */
export async function readSafetensorsMetadata(
  path: string,
): Promise<Readonly<Record<string, string>>> {
  await using source = await openSafetensors(path);
  return source.metadata;
}

/**
 * Writes parameters to a safetensors file, atomically and one at a time; `metadata` goes into its
 * header.
 *
 * @throws StateDictError when a parameter cannot be stored, DataError when the file cannot be written.
 */
export async function saveSafetensors(
  path: string,
  params: Params,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = Object.entries(params).map(([name, value]): [string, OutgoingTensor] => [
    name,
    { dtype: storedType(name, value), shape: value.shape, pieces: [() => bytesOf(value)] },
  ]);
  await writeSafetensors(path, tensors, metadata);
}
