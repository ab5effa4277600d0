import { join } from 'node:path';
import { tidy } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  keepParams,
  mapParams,
  mergeParams,
  subtree,
  withPrefix,
  type Params,
} from '@crossweave/core';
import { saveModel, type PartConfig } from '@crossweave/models';
import { mergeLora } from '@crossweave/trainer';
import { ownTokenizer } from '../config/open-data';
import type { EncoderConfig, TrainConfig } from '../config/schema';
import type { PreparedRun } from './train-run';

/** Where a run's folder holds its finished model, as `pretrained` and `openModel` read it. */
export const modelFolder = (folder: string): string => join(folder, 'model');

/** Writes the model of a finished run: plain towers, adapters merged, with tokenizer and pictures. */
export async function saveTrained(
  { config, data, run }: PreparedRun,
  params: Params,
): Promise<void> {
  const { image, text, fusion } = config;
  const plain = merged(config, params);
  try {
    await saveModel(modelFolder(run.path), {
      image: partOf(image, { imageSize: config.data.imageSize }),
      text: partOf(text),
      fusion: { name: fusion.name, options: fusion.options },
      preprocessing: data.preprocessing,
      maxTokens: data.maxTokens,
      tokenizer: config.data.tokenizer ?? ownTokenizer(run.path),
      params: plain,
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

/** The parameters of towers and fusion, in tensors of their own. */
function merged(config: TrainConfig, params: Params): Params {
  const tower = (part: 'image' | 'text'): Params => {
    const own = subtree(params, `${part}.`);
    const { lora } = config[part];
    return withPrefix(`${part}.`, lora === undefined ? own : mergeLora(own, lora));
  };
  return tidy(() => {
    const fusion = withPrefix('fusion.', subtree(params, 'fusion.'));
    const all = mergeParams(tower('image'), tower('text'), fusion);
    return keepParams(mapParams(all, (value) => value.clone()));
  });
}
