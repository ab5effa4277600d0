import type { TransformerTextEncoder } from '../transformer/encoder';
import { buildBert } from './bert';
import {
  bertSettings,
  type BertOptions,
  type BertOptionsWithVocabulary,
  type BertPreset,
} from './options';

const base = {
  dim: 768,
  layers: 12,
  heads: 12,
  maxPositions: 512,
  pooling: 'cls',
  tokenTypes: 2,
  padTokenId: 0,
  activation: 'gelu',
  epsilon: 1e-12,
  dropout: 0.1,
} as const satisfies BertPreset;
const uncased = { vocabulary: 30522 } as const;
const mini = { ...base, ...uncased, dim: 384, pooling: 'mean' } as const;
const small = {
  dim: 128,
  layers: 4,
  heads: 4,
  maxPositions: 64,
  pooling: 'mean',
  dropout: 0,
} as const;

const presets = {
  bert: base,
  bertBase: { ...base, ...uncased },
  miniLM: { ...mini, layers: 6 },
  miniLM12: { ...mini, layers: 12 },
  bertSmall: { ...base, ...small },
} as const satisfies Record<string, BertPreset>;

const make = (name: keyof typeof presets, options: BertOptions): TransformerTextEncoder =>
  buildBert(name, bertSettings(name, options, presets[name]));

/**
 * A BERT of any size, with Hugging Face's parameter names. Except for the vocabulary, the defaults
 * are those of BERT-base.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer,
 *   or a missing vocabulary.
 */
export function bert(options: BertOptionsWithVocabulary): TransformerTextEncoder {
  return make('bert', options);
}

/** `bert-base-uncased`: texts of up to 512 tokens, width 768, 12 layers, 30522 words. */
export function bertBase(options: BertOptions = {}): TransformerTextEncoder {
  return make('bertBase', options);
}

/**
 * `sentence-transformers/all-MiniLM-L6-v2`: width 384, 6 layers, 30522 words, mean pooling. With
 * `normalize: true`, `pooled` is the sentence embedding of that model.
 */
export function miniLM(options: BertOptions = {}): TransformerTextEncoder {
  return make('miniLM', options);
}

/** `sentence-transformers/all-MiniLM-L12-v2`: {@link miniLM} with 12 layers. */
export function miniLM12(options: BertOptions = {}): TransformerTextEncoder {
  return make('miniLM12', options);
}

/**
 * For short captions and training on a CPU: width 128, 4 layers, up to 64 tokens, mean pooling, no
 * dropout; 0.8 million parameters plus 128 for each word. (Google's BERT-Small is a different
 * model, of width 512.)
 */
export function bertSmall(options: BertOptionsWithVocabulary): TransformerTextEncoder {
  return make('bertSmall', options);
}
