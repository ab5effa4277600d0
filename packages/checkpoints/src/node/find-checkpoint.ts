import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataError, isCrossweaveError, type CrossweaveError } from '@crossweave/core';
import { boolean, requireText, requireValue, text, type Checks } from '@crossweave/core/authoring';
import { downloadModel, hubUrl } from './download';
import { fileInside } from './file-inside';
import { isHubId, isRevision, modelFolders, type HubModel } from './hub-caches';
import { weightNames, weightsIn } from './model-folder';

export interface FindOptions {
  /** A branch, tag or commit of a model of the hub. Default `main`. */
  readonly revision?: string;
  /**
   * The folder that is searched first (`<folder>/<id>/model.safetensors`), and to which models are
   * downloaded.
   */
  readonly cacheFolder?: string;
  /** Whether to download a model that is in no cache. Default false: there is no network access. */
  readonly download?: boolean;
  /** URL of the hub. Default `https://huggingface.co`. */
  readonly endpoint?: string;
}

export const findChecks: Checks<FindOptions> = {
  revision: {
    expected: 'a branch, a tag or a commit',
    accepts: (value) => typeof value === 'string' && isRevision(value),
  },
  cacheFolder: text(),
  download: boolean(),
  endpoint: text(),
};

export interface FoundCheckpoint {
  /** A safetensors file, or the index file of a sharded checkpoint. */
  readonly weights: string;
  /** Hugging Face's `config.json` in the same folder; undefined if there is none. */
  readonly config: string | undefined;
}

/**
 * Finds the files of a checkpoint. `name` is a file, a folder, or the id of a model on Hugging
 * Face's hub; ids are looked up in the caches of the transformers libraries.
 *
 * @throws DataError when the checkpoint is not found; it says where it was searched and how to get
 *   it. ConfigError for a wrong option.
 */
export async function findCheckpoint(
  name: string,
  options: FindOptions = {},
): Promise<FoundCheckpoint> {
  requireText('findCheckpoint', 'name', name);
  // Checks values, not keys: callers pass their whole options, which have further keys.
  for (const [option, check] of Object.entries(findChecks)) {
    const value = options[option as keyof FindOptions];
    if (value !== undefined) requireValue('findCheckpoint', option, value, check);
  }
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
      // A cache may hold only a tokenizer and a config; a later folder may have the weights.
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

/** The default folder for downloads. */
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
      `Get the model with the option download: true, with "hf download ${id} config.json model.safetensors${at}", ` +
      `or put ${hubUrl(model, 'model.safetensors', endpoint)} and ${hubUrl(model, 'config.json', endpoint)} into the first of these folders.`,
  });
}
