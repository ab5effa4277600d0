import { ConfigError } from '@crossweave/core';
import { huggingFaceResNetKeys, huggingFaceViTKeys } from '@crossweave/image-encoder';
import { readConfig } from '@crossweave/text-encoder';
import type { JsonObject, ModelFiles } from '../model-files';
import { preprocessingIn } from '../preprocessing-in';
import type { Description, Family, ImageDescription } from './description';
import { readVisionSizes, skipTraining } from './vision-config';

type Tower = Omit<ImageDescription, 'preprocessing'>;

const towers: Readonly<Record<string, (where: string, config: JsonObject) => Tower>> = {
  resnet: resnetTower,
  vit: vitTower,
};

/** Hugging Face's image models without a text tower, with or without a classifier. */
export const imageTowers: Family = {
  reads: '"model_type": "resnet" or "vit"',
  describe: async (files) => {
    const type = String(files.config?.['model_type']);
    if (files.config === undefined || !Object.hasOwn(towers, type)) return undefined;
    return describeTower(files, type, files.config);
  },
};

async function describeTower(
  files: ModelFiles,
  family: string,
  config: JsonObject,
): Promise<Description> {
  const tower = towers[family]!(`${files.folder}/config.json`, config);
  const preprocessing = await preprocessingIn(files);
  return { family, image: { ...tower, ...(preprocessing && { preprocessing }) } };
}

function vitTower(where: string, config: JsonObject): Tower {
  const read = readConfig(where, config);
  const sizes = readVisionSizes(read, { patchSize: 16, activation: 'gelu', epsilon: 1e-12 });
  read.only('qkv_bias', true);
  skipTraining(read);
  for (const name of ['pooler_act', 'pooler_output_size']) read.raw(name);
  read.finish();
  return {
    part: { name: 'vit', options: { ...sizes } },
    keys: huggingFaceViTKeys,
    positionSize: sizes.imageSize,
  };
}

function resnetTower(where: string, config: JsonObject): Tower {
  const read = readConfig(where, config);
  read.only('num_channels', 3);
  read.only('hidden_act', 'relu');
  read.only('downsample_in_bottleneck', false);
  const bottleneck = (read.raw('layer_type') ?? 'bottleneck') === 'bottleneck';
  const widths = listOf(where, read.raw('hidden_sizes') ?? [256, 512, 1024, 2048], 'hidden_sizes');
  const options = {
    block: bottleneck ? 'bottleneck' : 'basic',
    layers: listOf(where, read.raw('depths') ?? [3, 4, 6, 3], 'depths'),
    // A bottleneck stage ends four times as wide as it is inside.
    widths: bottleneck ? widths.map((width) => width / 4) : widths,
    strides: widths.map((_, stage) =>
      stage === 0 && read.raw('downsample_in_first_stage') !== true ? 1 : 2,
    ),
    stem: 'imagenet',
    stemWidth: read.number('embedding_size', 64),
  };
  for (const name of ['out_features', 'out_indices', 'stage_names']) read.raw(name);
  read.raw('downsample_in_first_stage');
  read.finish();
  return { part: { name: 'resnet', options }, keys: huggingFaceResNetKeys };
}

function listOf(where: string, value: unknown, name: string): number[] {
  if (Array.isArray(value) && value.every((entry) => Number.isInteger(entry))) {
    return value as number[];
  }
  throw new ConfigError(`"${name}" is no list of whole numbers`, { where, got: value });
}
