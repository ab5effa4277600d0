import { ConfigError } from '@crossweave/core';
import { huggingFaceSiglipViTKeys } from '@crossweave/image-encoder';
import { huggingFaceSiglipTextKeys, textPartFromConfig } from '@crossweave/text-encoder';
import { without, type JsonObject, type ModelFiles } from '../model-files';
import { preprocessingIn } from '../preprocessing-in';
import type { Description, Family } from './description';
import { huggingFaceFusionKeys } from './fusion-keys';
import { readInnerConfig, readVisionSizes, skipTraining } from './vision-config';

/** Hugging Face's `SiglipModel`: SigLIP, and SigLIP 2 at a fixed resolution. */
export const siglip: Family = {
  reads: '"model_type": "siglip"',
  describe: async (files) => {
    const { config } = files;
    if (config?.['model_type'] !== 'siglip') return undefined;
    return describeSiglip(files, config);
  },
};

async function describeSiglip(files: ModelFiles, config: JsonObject): Promise<Description> {
  const where = `${files.folder}/config.json`;
  const read = readInnerConfig(where, config, 'vision_config');
  const defaults = { patchSize: 16, activation: 'gelu_pytorch_tanh', epsilon: 1e-6 };
  const sizes = readVisionSizes(read, defaults);
  read.only('vision_use_head', true);
  skipTraining(read);
  read.finish();
  const { name, options } = textPartFromConfig(config);
  const { projection, maxPositions, ...rest } = options as Record<string, unknown> & {
    readonly projection: number;
    readonly maxPositions: number;
  };
  // Padding is the tokenizer's: what the config says of it plays no part in the original.
  const text = { ...without(rest, 'padTokenId'), projection, maxPositions };
  if (text.projection !== sizes.dim) {
    throw new ConfigError('the towers do not share a width', {
      where,
      expected: `"projection_size" ${sizes.dim}, the image tower's "hidden_size"`,
      got: text.projection,
    });
  }
  const preprocessing = await preprocessingIn(files);
  return {
    family: 'siglip',
    image: {
      part: { name: 'siglip-vit', options: { ...sizes } },
      keys: huggingFaceSiglipViTKeys,
      positionSize: sizes.imageSize,
      ...(preprocessing && { preprocessing }),
    },
    text: {
      part: { name, options: text },
      keys: huggingFaceSiglipTextKeys,
      positions: text.maxPositions,
    },
    fusion: {
      part: { name: 'dual-encoder', options: { dim: sizes.dim, projection: 'none' } },
      keys: huggingFaceFusionKeys,
    },
  };
}
