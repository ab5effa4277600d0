import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataError, isCrossweaveError, type CrossweaveError } from '@crossweave/core';
import { downloadModel, hubUrl } from './download';
import { fileInside } from './file-inside';
import { isHubId, modelFolders, type HubModel } from './hub-caches';
import { weightNames, weightsIn } from './model-folder';

export interface FindOptions {
  /** A branch, a tag or a commit of a hub's model. Default `main`. */
  readonly revision?: string;
  /** A folder to look for models first (`<folder>/<id>/model.safetensors`), and to download to. */
  readonly cacheFolder?: string;
  /** Fetch a hub's model that is in no cache. Default false: nothing ever leaves the machine. */
  readonly download?: boolean;
  /** The hub's address. Default `https://huggingface.co`. */
  readonly endpoint?: string;
}

export interface FoundCheckpoint {
  /** A safetensors file, or the index of several. */
  readonly weights: string;
  /** Hugging Face's `config.json` beside it, where there is one. */
  readonly config: string | undefined;
}

/**
 * The files of a checkpoint that is named by a file, a folder, or the id of a model on Hugging
 * Face's hub. Ids are looked up in the caches of the transformers libraries.
 *
 * @throws DataError when nothing is there, with where it was sought and how to get it.
 */
export async function findCheckpoint(
  name: string,
  options: FindOptions = {},
): Promise<FoundCheckpoint> {
  if (existsSync(name)) {
    return await found(statSync(name).isDirectory() ? await weightsIn(name) : name);
  }
  if (!isHubId(name)) {
    throw new DataError('there is no such file or folder', { where: name });
  }
  const model = { id: name, revision: options.revision ?? 'main' };
  const { cacheFolder, download = false } = options;
  const own = [...(cacheFolder === undefined ? [] : [cacheFolder]), downloads()];
  const folders = await modelFolders(model, own);
  const failures: CrossweaveError[] = [];
  for (const folder of folders) {
    try {
      if (existsSync(folder)) return await found(await weightsIn(folder));
    } catch (error) {
      // Tokenizers and configs alone are in such caches too; a later folder may have the weights.
      if (!isCrossweaveError(error)) throw error;
      failures.push(error);
    }
  }
  if (!download) {
    const refused = failures.find(({ code }) => code === 'file-format');
    throw refused ?? absent(model, folders, options.endpoint);
  }
  const [folder] = folders;
  await downloadModel(model, folder!, options.endpoint);
  return await found(await weightsIn(folder!));
}

/** Where this package itself downloads to. */
function downloads(): string {
  return join(homedir(), '.cache', 'crossweave');
}

async function found(weights: string): Promise<FoundCheckpoint> {
  const folder = dirname(weights);
  const config = join(folder, 'config.json');
  return {
    weights,
    config: existsSync(config) ? await fileInside(folder, 'config.json') : undefined,
  };
}

function absent(model: HubModel, folders: readonly string[], endpoint?: string): DataError {
  const { id, revision } = model;
  const at = revision === 'main' ? '' : ` --revision ${revision}`;
  return new DataError('there is no such file or folder, and no such model in a cache', {
    where: id,
    expected: `${weightNames.join(' or ')} in one of ${folders.join(', ')}`,
    advice:
      `Get it with the option download: true, with "hf download ${id} config.json model.safetensors${at}", ` +
      `or put ${hubUrl(model, 'model.safetensors', endpoint)} and ${hubUrl(model, 'config.json', endpoint)} into the first of these folders.`,
  });
}
