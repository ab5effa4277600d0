import { huggingFaceDinov2Keys, huggingFaceDinov3Keys } from '@crossweave/image-encoder';
import { readConfig, type ConfigReader } from '@crossweave/text-encoder';
import type { JsonObject } from '../model-files';
import type { ImageDescription } from './description';
import { readVisionSizes, skipTraining } from './vision-config';

/** Hugging Face's `Dinov2Model` and `Dinov2WithRegistersModel`. */
export function dinov2Tower(where: string, config: JsonObject): ImageDescription {
  const read = readConfig(where, config);
  const sizes = readVisionSizes(read, { patchSize: 14, activation: 'gelu', epsilon: 1e-6 });
  const hidden = Math.trunc(sizes.dim * read.number('mlp_ratio', 4));
  const registers = config['model_type'] === 'dinov2' ? 0 : read.number('num_register_tokens', 4);
  for (const [name, value] of [
    ['qkv_bias', true],
    ['use_swiglu_ffn', false],
  ] as const) {
    read.only(name, value);
  }
  skipBackbone(read);
  read.raw('use_mask_token');
  read.finish();
  return {
    // Without it, positions would be for 518 pixels, the size of the published models.
    part: {
      name: 'dinov2',
      options: { ...sizes, hidden, registers, positionSize: sizes.imageSize },
    },
    keys: huggingFaceDinov2Keys,
    positionSize: sizes.imageSize,
    anySize: true,
  };
}

/** Hugging Face's `DINOv3ViTModel`. */
export function dinov3Tower(where: string, config: JsonObject): ImageDescription {
  const read = readConfig(where, config);
  const defaults = { patchSize: 16, activation: 'gelu', epsilon: 1e-5 };
  const sizes = readVisionSizes(read, { ...defaults, dim: 384, heads: 6 });
  const theta = read.number('rope_theta', 100);
  const registers = read.number('num_register_tokens', 0);
  for (const [name, value] of [
    ...['query_bias', 'value_bias', 'proj_bias', 'mlp_bias'].map((each) => [each, true] as const),
    ...['key_bias', 'use_gated_mlp'].map((each) => [each, false] as const),
  ]) {
    read.only(name, value);
  }
  skipBackbone(read);
  for (const change of ['shift', 'jitter', 'rescale']) read.raw(`pos_embed_${change}`);
  read.finish();
  return {
    part: { name: 'dinov3', options: { ...sizes, registers, theta } },
    keys: huggingFaceDinov3Keys,
  };
}

/** Settings of training, and of the model as a part of another. */
function skipBackbone(read: ConfigReader): void {
  skipTraining(read);
  for (const name of ['layerscale_value', 'drop_path_rate', 'out_features', 'out_indices'])
    read.raw(name);
  for (const name of ['stage_names', 'apply_layernorm', 'reshape_hidden_states']) read.raw(name);
}
