import { join } from 'node:path';
import { tidy } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  keepParams,
  mapParams,
  mergeParams,
  subtree,
  withPrefix,
  type FittedTask,
  type Params,
} from '@crossweave/core';
import { headOfLoss } from '@crossweave/lab';
import { saveModel, type PartConfig, type SavedTask } from '@crossweave/models';
import { mergeLora } from '@crossweave/trainer';
import { ownTokenizer } from '../config/open-data';
import type { EncoderConfig, TrainConfig } from '../config/schema';
import type { Calibration } from './calibrate';
import type { PreparedRun } from './train-run';

/** Where a run's folder holds its finished model, as `pretrained` and `openModel` read it. */
export const modelFolder = (folder: string): string => join(folder, 'model');

/** Writes the model of a finished run: plain towers, adapters merged, with tokenizer and pictures. */
export async function saveTrained(
  { config, data, run, task }: PreparedRun,
  params: Params,
  calibration?: Calibration,
): Promise<void> {
  const { image, text, fusion } = config;
  const plain = merged(config, params, task);
  try {
    await saveModel(modelFolder(run.path), {
      image: partOf(image, { imageSize: config.data.imageSize }),
      text: partOf(text),
      fusion: { name: fusion.name, options: fusion.options },
      preprocessing: data.preprocessing,
      maxTokens: data.maxTokens,
      tokenizer: config.data.tokenizer ?? ownTokenizer(run.path),
      params: plain,
      ...(task && { task: savedTask(config, task, calibration) }),
      ...(config.task !== undefined &&
        config.training.loss === undefined && {
          notes: [
            `This model was trained for the task ${config.task.name} alone: that training compared no embeddings of pictures with those of texts.`,
          ],
        }),
    });
  } finally {
    disposeParams(plain);
  }
}

function partOf({ name, options }: EncoderConfig, given: PartConfig['options'] = {}): PartConfig {
  return { name, options: { ...given, ...options } };
}

function savedTask(
  { task: part, training }: TrainConfig,
  { name, facts }: FittedTask,
  calibration: Calibration | undefined,
): SavedTask {
  const { sampling = 'none' } = training;
  const { temperature, alone, thresholds } = calibration ?? {};
  return {
    ...{ name, options: part?.options ?? {}, facts },
    ...(sampling !== 'none' && { sampling }),
    ...(temperature !== undefined && {
      temperatures: { both: temperature, ...(alone ?? { image: 1, text: 1 }) },
    }),
    ...(thresholds && { thresholds }),
  };
}

/** The parameters of towers, fusion and a task's head, in tensors of their own. */
function merged(config: TrainConfig, params: Params, task: FittedTask | undefined): Params {
  const tower = (part: 'image' | 'text'): Params => {
    const own = subtree(params, `${part}.`);
    const { lora } = config[part];
    return withPrefix(`${part}.`, lora === undefined ? own : mergeLora(own, lora));
  };
  return tidy(() => {
    const fusion = withPrefix('fusion.', subtree(params, 'fusion.'));
    const head = task === undefined ? {} : headOfLoss(subtree(params, 'loss.'), task);
    const all = mergeParams(tower('image'), tower('text'), fusion, withPrefix('head.', head));
    return keepParams(mapParams(all, (value) => value.clone()));
  });
}
