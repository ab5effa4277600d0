import type { TransformerTextEncoder } from '../transformer/encoder';
import {
  buildRoberta,
  type RobertaOptions,
  type RobertaOptionsWithVocabulary,
  type RobertaPreset,
} from './roberta';

const base = {
  dim: 768,
  layers: 12,
  heads: 12,
  maxPositions: 512,
  pooling: 'cls',
  tokenTypes: 1,
  activation: 'gelu',
  epsilon: 1e-5,
  dropout: 0.1,
} as const satisfies RobertaPreset;

const presets = {
  roberta: base,
  robertaBase: { ...base, vocabulary: 50265, padTokenId: 1 },
} as const satisfies Record<string, RobertaPreset>;

/**
 * A RoBERTa of any size, with Hugging Face's parameter names. Except for the ids, the defaults are
 * those of RoBERTa-base.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer,
 *   or a missing vocabulary or padding id.
 */
export function roberta(options: RobertaOptionsWithVocabulary): TransformerTextEncoder {
  return buildRoberta('roberta', options, presets.roberta);
}

/** `roberta-base`: texts of up to 512 tokens, width 768, 12 layers, 50265 words, padding id 1. */
export function robertaBase(options: RobertaOptions = {}): TransformerTextEncoder {
  return buildRoberta('robertaBase', options, presets.robertaBase);
}
