import { ConfigError } from '@crossweave/core';
import type { ModelFiles } from '../model-files';
import { clip } from './clip';
import type { Description, Family } from './description';
import { imageTowers } from './image-towers';
import { openClip } from './open-clip';
import { siglip } from './siglip';
import { textTowers } from './text-towers';
import { timm } from './timm';

const families: readonly Family[] = [openClip, clip, siglip, timm, imageTowers, textTowers];

/**
 * What a checkpoint is, by its configs and the names of its tensors.
 *
 * @throws ConfigError when no family knows it, or its config asks for what is not there.
 */
export async function describeCheckpoint(files: ModelFiles): Promise<Description> {
  for (const family of families) {
    const description = await family.describe(files);
    if (description !== undefined) return description;
  }
  throw new ConfigError('this is no checkpoint of a kind that is known', {
    where: files.folder,
    expected: families.map(({ reads }) => reads).join('; '),
    got:
      files.config === undefined
        ? 'no config.json'
        : `"model_type": ${JSON.stringify(files.config['model_type'])}`,
    advice:
      'Other checkpoints load with loadCheckpoint and a key map, part by part ("weights" in a config).',
  });
}
