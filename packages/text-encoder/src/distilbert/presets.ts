import type { TransformerTextEncoder } from '../transformer/encoder';
import {
  buildDistilBert,
  type DistilBertOptions,
  type DistilBertOptionsWithVocabulary,
  type DistilBertPreset,
} from './distilbert';

const base = {
  dim: 768,
  layers: 6,
  heads: 12,
  maxPositions: 512,
  pooling: 'cls',
  padTokenId: 0,
  activation: 'gelu',
  epsilon: 1e-12,
  dropout: 0.1,
} as const satisfies DistilBertPreset;

const presets = {
  distilbert: base,
  distilbertBase: { ...base, vocabulary: 30522 },
} as const satisfies Record<string, DistilBertPreset>;

/**
 * A DistilBERT of any size, with Hugging Face's parameter names. Except for the ids, the defaults
 * are those of DistilBERT-base.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer,
 *   or a missing vocabulary.
 */
export function distilbert(options: DistilBertOptionsWithVocabulary): TransformerTextEncoder {
  return buildDistilBert('distilbert', options, presets.distilbert);
}

/** `distilbert-base-uncased`: texts of up to 512 tokens, width 768, 6 layers, 30522 words. */
export function distilbertBase(options: DistilBertOptions = {}): TransformerTextEncoder {
  return buildDistilBert('distilbertBase', options, presets.distilbertBase);
}
