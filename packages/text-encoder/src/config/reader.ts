import { ConfigError, lookUp, nearestName } from '@crossweave/core';
import { listOf, requireValue, text } from '@crossweave/core/authoring';
import type { Activation } from '@crossweave/core/nn';

/** A Hugging Face `config.json`, parsed. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;

/** Hugging Face's names of activations. */
const activations: Readonly<Record<string, Activation>> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'geluTanh',
  gelu_fast: 'geluTanh',
  gelu_pytorch_tanh: 'geluTanh',
  quick_gelu: 'quickGelu',
  relu: 'relu',
};

/** Settings that do not change what an encoder computes. */
const harmless = new Set([
  ...['_attn_implementation_autoset', '_commit_hash', '_name_or_path', 'architectures', 'dtype'],
  ...['finetuning_task', 'gradient_checkpointing', 'initializer_factor', 'language', 'model_type'],
  ...['return_dict', 'name', 'output_attentions', 'output_hidden_states', 'output_past'],
  ...['task_specific_params', 'tie_word_embeddings', 'tokenizer_class', 'torch_dtype'],
  ...['torchscript', 'transformers_version', 'use_cache', 'chunk_size_feed_forward'],
  // Heads and their losses.
  ...['classifier_dropout', 'id2label', 'label2id', 'num_labels', 'problem_type', 'pooler_fc_size'],
  ...['pooler_num_attention_heads', 'pooler_num_fc_layers', 'pooler_size_per_head', 'pooler_type'],
  ...['qa_dropout', 'seq_classif_dropout', 'directionality'],
  // Special tokens that these encoders do not use, and settings of text generation.
  ...['bos_token_id', 'decoder_start_token_id', 'prefix', 'sep_token_id', 'max_length'],
  ...['min_length', 'do_sample', 'early_stopping', 'num_beams', 'num_beam_groups', 'top_k'],
  ...['diversity_penalty', 'temperature', 'top_p', 'typical_p', 'repetition_penalty'],
  ...['length_penalty', 'no_repeat_ngram_size', 'encoder_no_repeat_ngram_size', 'bad_words_ids'],
  ...['num_return_sequences', 'output_scores', 'return_dict_in_generate', 'forced_bos_token_id'],
  ...['forced_eos_token_id', 'remove_invalid_values', 'exponential_decay_length_penalty'],
  ...['suppress_tokens', 'begin_suppress_tokens', 'tf_legacy_loss', 'use_bfloat16'],
]);

/** Reads the settings of a config, and at the end refuses settings that were not read. */
export interface ConfigReader {
  /** A number; `fallback` if it is absent, since Hugging Face leaves defaults out of its files. */
  number(name: string, fallback: number): number;
  activation(name: string, fallback: string): Activation;
  /**
   * Refuses any value except `value`, the only one that the encoder supports; absent or null is
   * allowed.
   */
  only(name: string, value: unknown): void;
  /** The unchecked value. */
  raw(name: string): unknown;
  /** @throws ConfigError for a setting that was not read and may change the results. */
  finish(): void;
}

/** @throws ConfigError unless the config is an object: it comes from a file, so it may be any JSON. */
export function requireConfig(where: string, config: HuggingFaceConfig): void {
  if (typeof config !== 'object' || (config as unknown) === null || Array.isArray(config)) {
    throw new ConfigError('the config is no object', { where, expected: 'a parsed config.json' });
  }
}

/** @param ignore settings that do not change the results of the encoder. */
export function readConfig(
  where: string,
  config: HuggingFaceConfig,
  ignore: readonly string[] = [],
): ConfigReader {
  requireConfig(where, config);
  requireValue(where, 'ignore', ignore, listOf(text()));
  const seen = new Set<string>(ignore);
  const raw = (name: string): unknown => {
    seen.add(name);
    return config[name] ?? undefined;
  };
  return {
    raw,
    number(name, fallback) {
      const value = raw(name) ?? fallback;
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        throw new ConfigError(`"${name}" is not a number`, { where, got: value });
      }
      return value;
    },
    activation(name, fallback) {
      const value = raw(name) ?? fallback;
      const named = typeof value === 'string' ? value : JSON.stringify(value);
      return lookUp(`${where}: "${name}"`, activations, named);
    },
    only(name, value) {
      const found = raw(name);
      if (found === undefined || JSON.stringify(found) === JSON.stringify(value)) return;
      throw new ConfigError(`"${name}" is not supported`, { where, expected: value, got: found });
    },
    finish() {
      const unread = Object.keys(config).filter((name) => !seen.has(name) && !harmless.has(name));
      if (unread.length === 0) return;
      const nearest = nearestName(unread[0]!, seen);
      throw new ConfigError(
        `the config has settings that this encoder does not support: ${unread.join(', ')}`,
        {
          where,
          expected: `some of ${[...seen].join(', ')}`,
          advice: `${nearest === undefined ? '' : `Did you mean "${nearest}"? `}If a setting does not change the results of the model, list it in "ignore".`,
        },
      );
    },
  };
}
