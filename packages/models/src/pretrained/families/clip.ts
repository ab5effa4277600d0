import { huggingFaceClipViTKeys } from '@crossweave/image-encoder';
import { huggingFaceClipTextKeys, textPartFromConfig } from '@crossweave/text-encoder';
import type { JsonObject, ModelFiles } from '../model-files';
import { preprocessingIn } from '../preprocessing-in';
import type { Description, Family } from './description';
import { huggingFaceFusionKeys } from './fusion-keys';
import { readInnerConfig, readVisionSizes, skipTraining } from './vision-config';

const types = ['clip', 'metaclip_2'];

/** Hugging Face's `CLIPModel` and `MetaClip2Model`. */
export const clip: Family = {
  reads: '"model_type": "clip" or "metaclip_2"',
  describe: async (files) => {
    const { config } = files;
    if (config === undefined || !types.includes(String(config['model_type']))) return undefined;
    return describeClip(files, config);
  },
};

async function describeClip(files: ModelFiles, config: JsonObject): Promise<Description> {
  const where = `${files.folder}/config.json`;
  const read = readInnerConfig(where, config, 'vision_config');
  const sizes = readVisionSizes(read, { patchSize: 32, activation: 'quick_gelu', epsilon: 1e-5 });
  skipTraining(read);
  read.raw('projection_dim');
  read.finish();
  const { name, options } = textPartFromConfig(config);
  const { projection, maxPositions, ...text } = options as Record<string, unknown> & {
    readonly projection: number;
    readonly maxPositions: number;
  };
  const preprocessing = await preprocessingIn(files);
  return {
    family: 'clip',
    image: {
      part: { name: 'clip-vit', options: { ...sizes, projection: false } },
      keys: huggingFaceClipViTKeys,
      ignoreUnexpected: ['visual_projection'],
      positionSize: sizes.imageSize,
      ...(preprocessing && { preprocessing }),
    },
    text: {
      part: { name, options: { ...text, maxPositions, projection: false } },
      keys: huggingFaceClipTextKeys,
      ignoreUnexpected: ['text_projection'],
      positions: maxPositions,
    },
    fusion: {
      part: { name: 'dual-encoder', options: { dim: projection } },
      keys: huggingFaceFusionKeys,
    },
  };
}
