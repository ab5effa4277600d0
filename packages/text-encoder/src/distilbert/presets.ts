import type { LayeredEncoder, TextInput } from '@crossweave/core';
import {
  buildDistilBert,
  type DistilBertOptions,
  type DistilBertOptionsWithVocabulary,
  type DistilBertPreset,
} from './distilbert';

const base = { dim: 768, layers: 6, heads: 12, maxPositions: 512 } as const;

const presets = {
  distilbert: base,
  distilbertBase: { ...base, vocabulary: 30522 },
} as const satisfies Record<string, DistilBertPreset>;

/**
 * A DistilBERT of any size, with Hugging Face's parameter names. Except for the vocabulary, the
 * defaults are DistilBERT-base's.
 *
 * @throws ConfigError for an unknown option, one out of range, or no vocabulary.
 */
export function distilbert(options: DistilBertOptionsWithVocabulary): LayeredEncoder<TextInput> {
  return buildDistilBert('distilbert', options, presets.distilbert);
}

/** `distilbert-base-uncased`: texts of up to 512 tokens, width 768, 6 layers, 30522 words. */
export function distilbertBase(options: DistilBertOptions = {}): LayeredEncoder<TextInput> {
  return buildDistilBert('distilbertBase', options, presets.distilbertBase);
}
