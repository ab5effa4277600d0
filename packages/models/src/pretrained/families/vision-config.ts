import { ConfigError } from '@crossweave/core';
import { readConfig, type ConfigReader } from '@crossweave/text-encoder';
import type { JsonObject } from '../model-files';

/** The sizes that vision transformers' configs share, as options of ours. */
export interface VisionSizes {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: string;
  readonly epsilon: number;
}

interface VisionDefaults {
  readonly dim?: number;
  readonly heads?: number;
  readonly imageSize?: number;
  readonly patchSize: number;
  readonly activation: string;
  readonly epsilon: number;
}

/** Of a CLIP, SigLIP or ViT vision config; what is not said has the class's own default. */
export function readVisionSizes(read: ConfigReader, defaults: VisionDefaults): VisionSizes {
  read.only('num_channels', 3);
  const dim = read.number('hidden_size', defaults.dim ?? 768);
  return {
    imageSize: read.number('image_size', defaults.imageSize ?? 224),
    patchSize: read.number('patch_size', defaults.patchSize),
    dim,
    layers: read.number('num_hidden_layers', 12),
    heads: read.number('num_attention_heads', defaults.heads ?? 12),
    hidden: read.number('intermediate_size', 4 * dim),
    activation: read.activation('hidden_act', defaults.activation),
    epsilon: read.number('layer_norm_eps', defaults.epsilon),
  };
}

/** A reader of the `vision_config` of a whole model. @throws ConfigError when there is none. */
export function readInnerConfig(where: string, config: JsonObject, name: string): ConfigReader {
  const inner = config[name];
  if (typeof inner !== 'object' || inner === null) {
    throw new ConfigError(`"${name}" is missing`, { where, expected: 'an object' });
  }
  return readConfig(`${where}: "${name}"`, inner as JsonObject);
}

/** Settings of training, and those of text models that old files carry along, all of them off. */
export function skipTraining(read: ConfigReader): void {
  const names = ['attention_dropout', 'dropout', 'hidden_dropout_prob', 'initializer_range'];
  for (const name of [...names, 'attention_probs_dropout_prob', 'encoder_stride']) read.raw(name);
  for (const name of ['pad_token_id', 'eos_token_id']) read.raw(name);
  for (const [name, value] of Object.entries({
    ...{ is_decoder: false, is_encoder_decoder: false, add_cross_attention: false },
    ...{ cross_attention_hidden_size: null, tie_encoder_decoder: false, pruned_heads: {} },
  })) {
    read.only(name, value);
  }
}

/** @throws ConfigError unless the value is a list of whole numbers. */
export function listOf(where: string, value: unknown, name: string): number[] {
  if (Array.isArray(value) && value.every((entry) => Number.isInteger(entry))) {
    return value as number[];
  }
  throw new ConfigError(`"${name}" is no list of whole numbers`, { where, got: value });
}
