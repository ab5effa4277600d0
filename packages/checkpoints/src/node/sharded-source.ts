import { dirname } from 'node:path';
import { FileFormatError, StateDictError } from '@crossweave/core';
import { fileInside, isPlainName } from './file-inside';
import { readCheckpointJson } from './checkpoint-json';
import { openSafetensors } from './safetensors-source';
import type { StoredEntry, TensorSource } from './tensor-source';

/**
 * Opens a sharded checkpoint by its index (Hugging Face's `model.safetensors.index.json`), whose
 * `weight_map` says which file of the same folder holds which tensor. Shards are read one after
 * the other.
 *
 * @throws DataError when the index or a shard is missing, FileFormatError when one is damaged or
 * the two do not agree, or a shard is a link that leads out of the folder.
 */
export async function openSharded(indexPath: string): Promise<TensorSource> {
  const shardOf = weightMap(indexPath, await readCheckpointJson(indexPath));
  const shards = new Map<string, TensorSource>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard[Symbol.asyncDispose]();
  };
  try {
    for (const file of [...new Set(shardOf.values())].sort()) {
      shards.set(file, await openSafetensors(await fileInside(dirname(indexPath), file)));
    }
    return {
      where: indexPath,
      entries: agreedEntries(indexPath, shardOf, shards),
      metadata: [...shards.values()][0]?.metadata ?? {},
      read: async (name, part, check) => {
        const shard = shards.get(shardOf.get(name) ?? '');
        if (shard === undefined) {
          throw new StateDictError(`there is no tensor "${name}"`, { where: indexPath });
        }
        return shard.read(name, part, check);
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The file by tensor name of an index.
 *
 * @throws FileFormatError when it is not what an index holds.
 */
export function weightMap(where: string, index: unknown): Map<string, string> {
  const broken = (what: string, expected: string, got?: unknown): FileFormatError =>
    new FileFormatError(what, { where, expected, got });
  const map: unknown =
    typeof index === 'object' && index !== null && 'weight_map' in index
      ? index.weight_map
      : undefined;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw broken('the index has no weight_map', 'an object of file names by tensor name');
  }
  const entries = Object.entries(map as Record<string, unknown>).map(
    ([name, file]): [string, string] => {
      // A name with a folder in it could lead anywhere on the disk.
      if (typeof file === 'string' && isPlainName(file) && file.endsWith('.safetensors')) {
        return [name, file];
      }
      const expected = 'the name of a safetensors file beside the index';
      throw broken(`the file of "${name}" is wrong`, expected, file);
    },
  );
  return new Map(entries);
}

/** The tensors, shard by shard, when index and shards say the same of each. */
function agreedEntries(
  where: string,
  shardOf: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, TensorSource>,
): Map<string, StoredEntry> {
  const entries = new Map<string, StoredEntry>();
  for (const [file, shard] of shards) {
    for (const [name, entry] of shard.entries) {
      if (shardOf.get(name) !== file) {
        throw new FileFormatError(`"${name}" is in the wrong shard`, {
          where,
          expected: shardOf.get(name) ?? 'a tensor that the index lists',
          got: file,
          advice: 'Shards of two checkpoints are mixed: download the folder again.',
        });
      }
      entries.set(name, entry);
    }
  }
  for (const [name, file] of shardOf) {
    if (entries.has(name)) continue;
    throw new FileFormatError(`"${name}" is not in its shard`, {
      where,
      expected: `it in ${file}`,
      advice: 'Shards of two checkpoints are mixed: download the folder again.',
    });
  }
  return entries;
}
