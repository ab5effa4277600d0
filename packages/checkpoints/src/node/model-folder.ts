import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, FileFormatError } from '@crossweave/core';
import { fileInside } from './file-inside';
import { conversionAdvice, pickleName } from './pickle';

/** Names of a folder's weights as Hugging Face writes them, best first. */
export const weightNames = ['model.safetensors', 'model.safetensors.index.json'] as const;

const indexName = /\.safetensors\.index\.json$/;

/** Whether a path names the index of a sharded checkpoint. */
export function isIndex(path: string): boolean {
  return indexName.test(path);
}

/**
 * The file to load of a model's folder: `model.safetensors`, its index, or the one other
 * safetensors file there is (`open_clip_model.safetensors`).
 *
 * @throws DataError when there is none or no telling which; FileFormatError when all that is there
 * is a PyTorch file, with how to convert it, or a link that leads out of the folder.
 */
export async function weightsIn(folder: string): Promise<string> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new DataError('the folder cannot be read', {
      where: folder,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  });
  const usual = weightNames.find((name) => names.includes(name));
  if (usual !== undefined) return checked(folder, usual);
  const indexes = names.filter(isIndex);
  const files =
    indexes.length > 0 ? indexes : names.filter((name) => name.endsWith('.safetensors'));
  if (files.length === 1) return checked(folder, files[0]!);
  if (files.length > 1) {
    throw new DataError('the folder holds several checkpoints', {
      where: folder,
      expected: weightNames[0],
      got: files.sort().join(', '),
      advice: 'Name the file instead of the folder.',
    });
  }
  const pickled = names.find((name) => pickleName.test(name));
  if (pickled !== undefined) {
    throw new FileFormatError(
      'the folder holds PyTorch files alone, which can run any program when they are opened',
      { where: folder, expected: weightNames[0], advice: conversionAdvice(join(folder, pickled)) },
    );
  }
  throw new DataError('the folder holds no weights', {
    where: folder,
    expected: weightNames.join(' or '),
    got: names.slice(0, 10).join(', '),
  });
}

/** The path by its own name, once the file is known to lie in the folder. */
async function checked(folder: string, name: string): Promise<string> {
  await fileInside(folder, name);
  return join(folder, name);
}
