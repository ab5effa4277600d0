import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import {
  anything,
  count,
  exactly,
  fields,
  listOf,
  oneOf,
  recordOf,
  text,
} from '@crossweave/core/authoring';
import { readJson } from '@crossweave/core/node';
import { preprocessingCheck, samplings, type Preprocessing, type Sampling } from '@crossweave/data';
import {
  temperaturesCheck,
  thresholdsCheck,
  type Temperatures,
  type Thresholds,
} from '@crossweave/lab';
import type { PartConfig } from '../pretrained/types';

/** Says what the weights beside it are. */
export const descriptionFile = 'model.json';
export const weightsFile = 'model.safetensors';
/** Folder of the tokenizer's files. */
export const tokenizerFolder = 'tokenizer';
/** Folder of the model in that of a run. */
export const runFolder = 'model';

/** A task of @crossweave/lab that a model was trained for, as plain data. */
export interface SavedTask extends PartConfig {
  /** What it learned of the training labels: `FittedTask.facts`. */
  readonly facts: unknown;
  /** How classes were drawn in training; predictions are corrected for it. Default `none`. */
  readonly sampling?: Sampling;
  /** As a validation split calibrated them. Default 1 each. */
  readonly temperatures?: Temperatures;
  /** As they were fitted on the same split. Default: the task's own. */
  readonly thresholds?: Thresholds;
}

/** Before the paths of the head among the weights. */
export const headPrefix = 'head.';

/** What `model.json` of a model of ours holds. A later version that reads it otherwise counts up. */
export interface SavedDescription {
  readonly format: 'crossweave-model';
  readonly version: 1;
  readonly image: PartConfig;
  readonly text: PartConfig;
  readonly fusion: PartConfig;
  readonly preprocessing: Preprocessing;
  readonly maxTokens: number;
  /** What it was trained to tell of a pair; the weights of its head stand under `head.`. */
  readonly task?: SavedTask;
  /** What one must know before using it, for people. Default none. */
  readonly notes?: readonly string[];
}

/** A part, in plain data. */
export const partCheck = fields({ name: text(), options: recordOf(anything()) }, [
  'name',
  'options',
]);
export const savedTaskCheck = fields(
  {
    ...{ name: text(), options: recordOf(anything()), facts: anything() },
    ...{ sampling: oneOf(...samplings), temperatures: temperaturesCheck },
    thresholds: thresholdsCheck,
  },
  ['name', 'options', 'facts'],
);
const check = fields(
  {
    ...{ format: oneOf('crossweave-model'), version: exactly(1) },
    ...{ image: partCheck, text: partCheck, fusion: partCheck, preprocessing: preprocessingCheck },
    maxTokens: count(),
    task: savedTaskCheck,
    notes: listOf(text()),
  },
  ['format', 'version', 'image', 'text', 'fusion', 'preprocessing', 'maxTokens'],
);

/** The folder of a model of ours that `from` names: itself, or `model/` in a run's; else undefined. */
export function savedFolder(from: string): string | undefined {
  return [from, join(from, runFolder)].find((folder) => existsSync(join(folder, descriptionFile)));
}

/** @throws FileFormatError when the file is damaged or of another version. */
export async function readDescription(folder: string): Promise<SavedDescription> {
  const where = join(folder, descriptionFile);
  const value = await readJson(where);
  if (check.accepts(value)) return value as SavedDescription;
  throw new FileFormatError('this is not the description of a model', {
    where,
    expected: 'a file that saveModel wrote, of version 1',
    advice: 'Train or save the model again.',
  });
}
