import { huggingFaceResNetKeys, huggingFaceViTKeys } from '@crossweave/image-encoder';
import { readConfig } from '@crossweave/text-encoder';
import type { JsonObject, ModelFiles } from '../model-files';
import { preprocessingIn } from '../preprocessing-in';
import { convNextTower } from './convnext';
import type { Description, Family, ImageDescription } from './description';
import { dinov2Tower, dinov3Tower } from './dino';
import { listOf, readVisionSizes, skipTraining } from './vision-config';

const towers: Readonly<Record<string, (where: string, config: JsonObject) => ImageDescription>> = {
  resnet: resnetTower,
  vit: vitTower,
  dinov2: dinov2Tower,
  dinov2_with_registers: dinov2Tower,
  dinov3_vit: dinov3Tower,
  convnext: convNextTower,
  convnextv2: convNextTower,
};

/** Hugging Face's image models without a text tower, with or without a classifier. */
export const imageTowers: Family = {
  reads: `"model_type": ${Object.keys(towers)
    .map((type) => `"${type}"`)
    .join(', ')}`,
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

function vitTower(where: string, config: JsonObject): ImageDescription {
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

function resnetTower(where: string, config: JsonObject): ImageDescription {
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
