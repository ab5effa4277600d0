import { ConfigError } from '@crossweave/core';
import { timmFastVitKeys } from '@crossweave/image-encoder';
import type { ConfigReader } from '@crossweave/text-encoder';
import type { ModelFiles } from '../model-files';
import type { ImageDescription } from './description';

/** timm's image towers of MobileCLIP-S1 and S2, and of MobileCLIP2-S0 and S2. */
const towers = ['fastvit_mci0', 'fastvit_mci1', 'fastvit_mci2'];

/**
 * The image tower of an open_clip config whose `timm_model_name` is MobileCLIP's. Its sizes are in no config:
 * they are those of the weights. `dim` is the width of the shared embedding.
 *
 * @throws ConfigError for another tower of timm, another pooling, or weights of other names.
 */
export function mobileClipTower(
  read: ConfigReader,
  name: unknown,
  dim: number,
  shapes: ModelFiles['shapes'],
): ImageDescription {
  if (!towers.includes(String(name))) {
    throw new ConfigError('this image tower of timm is not supported', {
      where: 'vision_cfg: "timm_model_name"',
      expected: towers.join(', '),
      got: name,
    });
  }
  read.only('timm_pool', 'avg');
  read.only('timm_proj', null);
  const imageSize = read.number('image_size', 224);
  for (const setting of ['timm_drop', 'timm_drop_path', 'timm_model_pretrained']) read.raw(setting);
  read.finish();
  return {
    part: { name: 'fastvit', options: { ...sizesIn(shapes), imageSize, projection: dim } },
    keys: timmFastVitKeys,
  };
}

/** @throws ConfigError for weights that are not those of a tower as it is trained. */
function sizesIn(shapes: ModelFiles['shapes']): Readonly<Record<string, unknown>> {
  const block = /visual\.trunk\.stages\.(\d+)\.blocks\.\d+\.mlp\.fc1\.weight$/;
  const layers: number[] = [];
  const widths: number[] = [];
  let mlpRatio = 0;
  for (const [path, [hidden = 0, width = 0]] of Object.entries(shapes)) {
    const stage = Number(block.exec(path)?.[1] ?? -1);
    if (stage < 0) continue;
    layers[stage] = (layers[stage] ?? 0) + 1;
    widths[stage] = width;
    mlpRatio = hidden / width;
  }
  const isMerged = Object.keys(shapes).some((path) => path.includes('.reparam_conv.'));
  if (layers.length === 0 || isMerged) {
    throw new ConfigError('the weights are not those of a tower as it is trained', {
      where: 'visual.trunk',
      expected: 'the branches of every block: conv_kxk, conv_scale, identity',
      got: isMerged ? 'branches that were merged for inference (reparam_conv)' : 'no stages',
      advice: 'Take the weights that open_clip loads.',
    });
  }
  const squeezes = (stage: number): boolean =>
    Object.keys(shapes).some((path) =>
      path.includes(`trunk.stages.${stage}.downsample.proj.0.se.`),
    );
  return { layers, widths, mlpRatio, squeeze: widths.map((_, stage) => squeezes(stage)) };
}
