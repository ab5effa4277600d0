import type { BertOptions } from '../bert/options';
import type { ClipTextOptions } from '../clip/options';
import type { DistilBertOptions } from '../distilbert/distilbert';
import type { RobertaOptions } from '../roberta/roberta';
import type { SiglipTextOptions } from '../siglip/options';
import { readConfig, type ConfigReader, type HuggingFaceConfig } from './reader';

/** Options with the ids that the weights were trained with. */
type Trained<Options, Ids extends keyof Options> = Options & Required<Pick<Options, Ids>>;

/** Options of `bert` from a `BertConfig`. @throws ConfigError for what cannot be followed. */
export function bertConfig(
  where: string,
  config: HuggingFaceConfig,
  ignore?: readonly string[],
): Trained<BertOptions, 'vocabulary' | 'padTokenId'> {
  const read = readConfig(where, config, ignore);
  const options = {
    ...bertSizes(read, { vocabulary: 30522, padTokenId: 0, tokenTypes: 2 }),
    maxPositions: read.number('max_position_embeddings', 512),
  };
  read.raw('eos_token_id');
  read.finish();
  return options;
}

/** Options of `roberta` from a `RobertaConfig` or `XLMRobertaConfig`. @throws ConfigError */
export function robertaConfig(
  where: string,
  config: HuggingFaceConfig,
  ignore?: readonly string[],
): Trained<RobertaOptions, 'vocabulary' | 'padTokenId'> {
  const read = readConfig(where, config, ignore);
  const sizes = bertSizes(read, { vocabulary: 50265, padTokenId: 1, tokenTypes: 2 });
  const rows = read.number('max_position_embeddings', 512);
  read.raw('eos_token_id');
  read.finish();
  return { ...sizes, maxPositions: rows - sizes.padTokenId - 1 };
}

/** Options of `distilbert` from a `DistilBertConfig`. @throws ConfigError */
export function distilBertConfig(
  where: string,
  config: HuggingFaceConfig,
  ignore?: readonly string[],
): Trained<DistilBertOptions, 'vocabulary' | 'padTokenId'> {
  const read = readConfig(where, config, ignore);
  // Positions by sines are constants in the original; here they would be drawn and trained.
  read.only('sinusoidal_pos_embds', false);
  only(read, { pruned_heads: {}, is_decoder: false, is_encoder_decoder: false });
  const dim = read.number('dim', 768);
  const options = {
    vocabulary: read.number('vocab_size', 30522),
    dim,
    layers: read.number('n_layers', 6),
    heads: read.number('n_heads', 12),
    hidden: read.number('hidden_dim', 4 * 768),
    maxPositions: read.number('max_position_embeddings', 512),
    activation: read.activation('activation', 'gelu'),
    dropout: read.number('dropout', 0.1),
    attentionDropout: read.number('attention_dropout', 0.1),
    initializerRange: read.number('initializer_range', 0.02),
    padTokenId: read.number('pad_token_id', 0),
  };
  read.raw('eos_token_id');
  read.finish();
  return options;
}

/**
 * Options of `clipText` from a `CLIPTextConfig`, or from the `text_config` of a `CLIPConfig` or
 * `MetaClip2Config`.
 *
 * @throws ConfigError
 */
export function clipTextConfig(
  where: string,
  config: HuggingFaceConfig,
  ignore?: readonly string[],
): Trained<ClipTextOptions, 'vocabulary' | 'endOfText'> {
  const type = config['model_type'];
  const whole = type === 'clip' || type === 'metaclip_2';
  const inner = whole ? { ...(config['text_config'] as HuggingFaceConfig | undefined) } : config;
  const read = readConfig(whole ? `${where}: "text_config"` : where, inner, ignore);
  only(read, { is_decoder: false, is_encoder_decoder: false, pruned_heads: {} });
  only(read, { add_cross_attention: false, cross_attention_hidden_size: null });
  const dim = read.number('hidden_size', 512);
  const own = read.number('projection_dim', 512);
  // A whole CLIP model has this setting at the top level of the file.
  const width = typeof config['projection_dim'] === 'number' ? config['projection_dim'] : own;
  const names = config['architectures'];
  const projected =
    whole || (Array.isArray(names) && names.includes('CLIPTextModelWithProjection'));
  const end = read.number('eos_token_id', 49407);
  const options = {
    vocabulary: read.number('vocab_size', 49408),
    dim,
    layers: read.number('num_hidden_layers', 12),
    heads: read.number('num_attention_heads', 8),
    hidden: read.number('intermediate_size', 2048),
    maxPositions: read.number('max_position_embeddings', 77),
    activation: read.activation('hidden_act', 'quick_gelu'),
    epsilon: read.number('layer_norm_eps', 1e-5),
    attentionDropout: read.number('attention_dropout', 0),
    // 2 is what early conversions of CLIP wrote by mistake; Hugging Face takes the largest id there.
    endOfText: end === 2 && type !== 'metaclip_2' ? ('largest' as const) : end,
    projection: projected ? width : (false as const),
  };
  // Initial weights are OpenAI's; padding and dropout play no part in Hugging Face's CLIP.
  for (const name of ['pad_token_id', 'initializer_range', 'dropout']) read.raw(name);
  read.finish();
  return options;
}

/**
 * Options of `siglipText` from a `SiglipTextConfig`, or from a `SiglipConfig`'s `text_config`.
 *
 * @throws ConfigError
 */
export function siglipTextConfig(
  where: string,
  config: HuggingFaceConfig,
  ignore?: readonly string[],
): Trained<SiglipTextOptions, 'vocabulary' | 'padTokenId'> {
  const whole = config['model_type'] === 'siglip';
  const inner = whole ? { ...(config['text_config'] as HuggingFaceConfig | undefined) } : config;
  const read = readConfig(whole ? `${where}: "text_config"` : where, inner, ignore);
  only(read, { is_decoder: false, is_encoder_decoder: false, pruned_heads: {} });
  only(read, { add_cross_attention: false, cross_attention_hidden_size: null });
  const dim = read.number('hidden_size', 768);
  const options = {
    vocabulary: read.number('vocab_size', 32000),
    dim,
    layers: read.number('num_hidden_layers', 12),
    heads: read.number('num_attention_heads', 12),
    hidden: read.number('intermediate_size', 3072),
    maxPositions: read.number('max_position_embeddings', 64),
    activation: read.activation('hidden_act', 'gelu_pytorch_tanh'),
    epsilon: read.number('layer_norm_eps', 1e-6),
    attentionDropout: read.number('attention_dropout', 0),
    padTokenId: read.number('pad_token_id', 1),
    projection: read.number('projection_size', dim),
  };
  for (const name of ['eos_token_id', 'initializer_range', 'dropout']) read.raw(name);
  read.finish();
  return options;
}

interface BertDefaults {
  readonly vocabulary: number;
  readonly padTokenId: number;
  readonly tokenTypes: number;
}

/** The settings that `BertConfig` and `RobertaConfig` share. */
function bertSizes(
  read: ConfigReader,
  defaults: BertDefaults,
): Trained<BertOptions, 'vocabulary' | 'padTokenId'> {
  only(read, { position_embedding_type: 'absolute', pruned_heads: {}, is_decoder: false });
  only(read, { is_encoder_decoder: false, add_cross_attention: false });
  only(read, { cross_attention_hidden_size: null, tie_encoder_decoder: false });
  return {
    vocabulary: read.number('vocab_size', defaults.vocabulary),
    dim: read.number('hidden_size', 768),
    layers: read.number('num_hidden_layers', 12),
    heads: read.number('num_attention_heads', 12),
    hidden: read.number('intermediate_size', 3072),
    activation: read.activation('hidden_act', 'gelu'),
    epsilon: read.number('layer_norm_eps', 1e-12),
    dropout: read.number('hidden_dropout_prob', 0.1),
    attentionDropout: read.number('attention_probs_dropout_prob', 0.1),
    tokenTypes: read.number('type_vocab_size', defaults.tokenTypes),
    padTokenId: read.number('pad_token_id', defaults.padTokenId),
    initializerRange: read.number('initializer_range', 0.02),
  };
}

function only(read: ConfigReader, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) read.only(name, value);
}
