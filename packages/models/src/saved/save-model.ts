import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Params } from '@crossweave/core';
import {
  checkOptions,
  count,
  listOf,
  paramTree,
  requireText,
  text,
} from '@crossweave/core/authoring';
import { makeFolder, writeJsonAtomic } from '@crossweave/core/node';
import { saveCheckpoint } from '@crossweave/checkpoints/node';
import { preprocessingCheck, type Preprocessing } from '@crossweave/data';
import type { PartConfig } from '../pretrained/types';
import {
  descriptionFile,
  partCheck,
  savedTaskCheck,
  tokenizerFolder,
  weightsFile,
  type SavedDescription,
  type SavedTask,
} from './format';

/** A trained model as plain data and weights. */
export interface SaveModelOptions {
  readonly image: PartConfig;
  readonly text: PartConfig;
  readonly fusion: PartConfig;
  readonly preprocessing: Preprocessing;
  /** N, at which texts are cut. */
  readonly maxTokens: number;
  /** Folder of the tokenizer, whose two files are copied. */
  readonly tokenizer: string;
  /** Under `image.`, `text.` and `fusion.`, of a `task` also `head.`; adapters are merged before. */
  readonly params: Params;
  /** What it was trained to tell of a pair, for `predict`. Default none. */
  readonly task?: SavedTask;
  /** What one must know before using the model, for people. Default none. */
  readonly notes?: readonly string[];
}

const checks = {
  ...{ image: partCheck, text: partCheck, fusion: partCheck },
  preprocessing: preprocessingCheck,
  ...{ maxTokens: count(), tokenizer: text(), params: paramTree(), notes: listOf(text()) },
  task: savedTaskCheck,
};

/**
 * Writes a model into a folder that `pretrained` and `openModel` read: weights, tokenizer and what
 * they are. The description comes last, so that a folder that has one is whole.
 *
 * @throws DataError when a file cannot be read or written; ConfigError for a wrong option.
 */
export async function saveModel(folder: string, options: SaveModelOptions): Promise<void> {
  requireText('saveModel', 'folder', folder);
  checkOptions<SaveModelOptions>('saveModel', options, checks, [
    ...(['image', 'text', 'fusion', 'preprocessing'] as const),
    ...(['maxTokens', 'tokenizer', 'params'] as const),
  ]);
  const {
    image,
    text: ofText,
    fusion,
    preprocessing,
    maxTokens,
    tokenizer,
    params,
    task,
    notes,
  } = options;
  await makeFolder(folder);
  await saveCheckpoint(join(folder, weightsFile), params);
  const own = join(folder, tokenizerFolder);
  await makeFolder(own);
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(join(tokenizer, file), join(own, file));
  }
  const description: SavedDescription = {
    ...{ format: 'crossweave-model', version: 1 },
    ...{ image, text: ofText, fusion, preprocessing, maxTokens },
    ...(task && { task }),
    ...(notes && { notes }),
  };
  await writeJsonAtomic(join(folder, descriptionFile), description);
}
