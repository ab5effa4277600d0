import type { LayeredEncoder, TextInput } from '@crossweave/core';
import {
  buildRoberta,
  type RobertaOptions,
  type RobertaOptionsWithVocabulary,
  type RobertaPreset,
} from './roberta';

const base = { dim: 768, layers: 12, heads: 12, maxPositions: 512 } as const;

const presets = {
  roberta: base,
  robertaBase: { ...base, vocabulary: 50265 },
} as const satisfies Record<string, RobertaPreset>;

/**
 * A RoBERTa of any size, with Hugging Face's parameter names. Except for the vocabulary, the
 * defaults are RoBERTa-base's.
 *
 * @throws ConfigError for an unknown option, one out of range, or no vocabulary.
 */
export function roberta(options: RobertaOptionsWithVocabulary): LayeredEncoder<TextInput> {
  return buildRoberta('roberta', options, presets.roberta);
}

/** `roberta-base`: texts of up to 512 tokens, width 768, 12 layers, 50265 words. */
export function robertaBase(options: RobertaOptions = {}): LayeredEncoder<TextInput> {
  return buildRoberta('robertaBase', options, presets.robertaBase);
}
