import type { Encoder, TextInput } from '@crossweave/core';
import { buildBert } from './bert';
import type { BertOptions, BertPreset } from './options';

const base = { dim: 768, layers: 12, heads: 12, maxPositions: 512 } as const;

const presets = {
  bert: base,
  bertBase: { ...base, vocabulary: 30522 },
  bertSmall: { dim: 128, layers: 4, heads: 4, maxPositions: 64, pooling: 'mean', dropout: 0 },
} as const satisfies Record<string, BertPreset>;

/** Options where the vocabulary must be given: a wrong one would show late. */
export type BertOptionsWithVocabulary = BertOptions & Required<Pick<BertOptions, 'vocabulary'>>;

/**
 * A BERT of any size, with Hugging Face's parameter names. Except for the vocabulary, the
 * defaults are BERT-base's.
 *
 * @throws ConfigError for an unknown option, one out of range, or no vocabulary.
 */
export function bert(options: BertOptionsWithVocabulary): Encoder<TextInput> {
  return buildBert('bert', options, presets.bert);
}

/** `bert-base-uncased`: texts of up to 512 tokens, width 768, 12 layers, 30522 words. */
export function bertBase(options: BertOptions = {}): Encoder<TextInput> {
  return buildBert('bertBase', options, presets.bertBase);
}

/**
 * For short captions and training on a CPU: width 128, 4 layers, up to 64 tokens, mean
 * pooling, no dropout; 0.8 million parameters and 128 a word. Not Google's BERT-Small
 * (width 512).
 */
export function bertSmall(options: BertOptionsWithVocabulary): Encoder<TextInput> {
  return buildBert('bertSmall', options, presets.bertSmall);
}
