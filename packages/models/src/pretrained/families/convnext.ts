import { huggingFaceConvNextKeys } from '@crossweave/image-encoder';
import { readConfig } from '@crossweave/text-encoder';
import type { JsonObject } from '../model-files';
import type { ImageDescription } from './description';
import { listOf } from './vision-config';

/** Hugging Face's `ConvNextModel` and `ConvNextV2Model`, which take pictures of any size. */
export function convNextTower(where: string, config: JsonObject): ImageDescription {
  const read = readConfig(where, config);
  read.only('num_channels', 3);
  const options = {
    layers: listOf(where, read.raw('depths') ?? [3, 3, 9, 3], 'depths'),
    widths: listOf(where, read.raw('hidden_sizes') ?? [96, 192, 384, 768], 'hidden_sizes'),
    patchSize: read.number('patch_size', 4),
    activation: read.activation('hidden_act', 'gelu'),
    epsilon: read.number('layer_norm_eps', 1e-12),
    responseNorm: config['model_type'] === 'convnextv2',
  };
  read.only('num_stages', options.widths.length);
  for (const name of ['drop_path_rate', 'layer_scale_init_value', 'initializer_range'])
    read.raw(name);
  for (const name of ['image_size', 'out_features', 'out_indices', 'stage_names']) read.raw(name);
  read.finish();
  return { part: { name: 'convnext', options }, keys: huggingFaceConvNextKeys };
}
