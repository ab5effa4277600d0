import { ConfigError } from '@crossweave/core';
import { readConfig, type HuggingFaceConfig } from '../config/reader';
import type { ModernBertOptions } from './options';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Options of `modernBert` from a `ModernBertConfig`, in the form of transformers 4 or 5.
 *
 * @throws ConfigError for an unsupported setting.
 */
export function modernBertConfig(
  where: string,
  config: HuggingFaceConfig,
  ignore?: readonly string[],
): ModernBertOptions & Required<Pick<ModernBertOptions, 'vocabulary'>> {
  const read = readConfig(where, config, ignore);
  for (const name of ['norm_bias', 'attention_bias', 'mlp_bias']) read.only(name, false);
  for (const name of headsAndTraining) read.raw(name);
  const layers = read.number('num_hidden_layers', 22);
  const every = read.number('global_attn_every_n_layers', everyOf(where, read.raw('layer_types')));
  const ropes = read.raw('rope_parameters') as Fields | undefined;
  const span = read.number('local_attention', 128);
  const options = {
    vocabulary: read.number('vocab_size', 50368),
    dim: read.number('hidden_size', 768),
    layers,
    heads: read.number('num_attention_heads', 12),
    hidden: read.number('intermediate_size', 1152),
    maxPositions: read.number('max_position_embeddings', 8192),
    activation: read.activation('hidden_activation', 'gelu'),
    epsilon: read.number('norm_eps', 1e-5),
    dropout: read.number('mlp_dropout', 0),
    attentionDropout: read.number('attention_dropout', 0),
    initializerRange: read.number('initializer_range', 0.02),
    globalEvery: every,
    window: Math.floor(span / 2),
    globalTheta:
      thetaOf(where, ropes?.['full_attention']) ?? read.number('global_rope_theta', 160_000),
    localTheta:
      thetaOf(where, ropes?.['sliding_attention']) ?? read.number('local_rope_theta', 10_000),
  };
  for (const name of ['global_rope_theta', 'local_rope_theta']) read.raw(name);
  read.finish();
  return options;
}

const headsAndTraining = [
  ...['classifier_activation', 'classifier_bias', 'classifier_pooling', 'decoder_bias'],
  ...['deterministic_flash_attn', 'embedding_dropout', 'initializer_cutoff_factor'],
  ...[
    'sparse_pred_ignore_index',
    'sparse_prediction',
    'reference_compile',
    'repad_logits_with_grad',
  ],
  ...['cls_token_id', 'eos_token_id', 'pad_token_id', 'position_embedding_type', 'layer_norm_eps'],
];

/** The distance of layers that attend to the whole text, of which the first is one. */
function everyOf(where: string, types: unknown): number {
  if (types === undefined) return 3;
  const kinds = Array.isArray(types) ? (types as unknown[]) : [];
  const second = kinds.indexOf('full_attention', 1);
  const every = second < 0 ? Math.max(1, kinds.length) : second;
  const regular = kinds.every(
    (kind, i) => kind === (i % every === 0 ? 'full_attention' : 'sliding_attention'),
  );
  if (kinds.length > 0 && regular) return every;
  throw new ConfigError('"layer_types" is not supported', {
    where,
    expected: '"full_attention" in every n-th layer, and "sliding_attention" between',
    got: types,
  });
}

function thetaOf(where: string, rope: unknown): number | undefined {
  if (rope === undefined || rope === null) return undefined;
  const { rope_type: type, rope_theta: theta } = rope as Fields;
  if (type !== undefined && type !== 'default') {
    throw new ConfigError('the kind of rotary positions is not supported', {
      ...{ where, expected: '"rope_type": "default"', got: type },
    });
  }
  return typeof theta === 'number' ? theta : undefined;
}
