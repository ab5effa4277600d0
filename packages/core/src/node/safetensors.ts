import type { Params } from '../params';
import { parseSafetensors, serializeSafetensors } from '../safetensors';
import { paramsFromSafetensors, paramsToSafetensors } from '../safetensors-params';
import { readBytes, writeFileAtomic } from './files';

/**
 * Parameters from a safetensors file; the caller owns them.
 *
 * @throws DataError when the file is missing or unreadable, FileFormatError when it is damaged.
 */
export async function loadSafetensors(path: string): Promise<Params> {
  return paramsFromSafetensors(parseSafetensors(await readBytes(path), path), path);
}

/**
 * Writes parameters to a safetensors file, atomically; `metadata` goes into its header.
 *
 * @throws StateDictError when a parameter cannot be stored, DataError when the file cannot be written.
 */
export async function saveSafetensors(
  path: string,
  params: Params,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const stored = await paramsToSafetensors(params);
  await writeFileAtomic(path, serializeSafetensors(stored, metadata));
}
