import type { LayeredEncoder, TextInput } from '@crossweave/core';
import { withDefaults } from '@crossweave/core';
import { buildBert, type BertVariant } from '../bert/bert';
import { checkBert, type BertOptions } from '../bert/options';
import { commonDefaults, type Preset, type WithVocabulary } from '../transformer/options';

/** BERT's options without token types and pooling layer. Defaults are DistilBERT-base's. */
export interface DistilBertOptions extends Omit<BertOptions, 'tokenTypes' | 'pooling'> {
  /** Default `'cls'`. */
  pooling?: 'cls' | 'mean' | 'max';
}

export type DistilBertPreset = Preset<DistilBertOptions>;
export type DistilBertOptionsWithVocabulary = WithVocabulary<DistilBertOptions>;

const variant: BertVariant = {
  family: 'distilbert',
  embeddings: { counts: 'all' },
  layer: {
    path: (index) => `transformer.layer.${index}`,
    names: {
      query: 'attention.q_lin',
      key: 'attention.k_lin',
      value: 'attention.v_lin',
      attentionOutput: 'attention.out_lin',
      attentionNorm: 'sa_layer_norm',
      hidden: 'ffn.lin1',
      output: 'ffn.lin2',
      outputNorm: 'output_layer_norm',
    },
    normFirst: false,
    causal: false,
    dropsAttended: false,
  },
};

/**
 * Hugging Face's `DistilBertModel` (Sanh et al. 2019), parameters under its names: BERT's layers
 * without token types and pooling layer.
 *
 * @throws ConfigError for an unknown option, one out of range, or no vocabulary.
 */
export function buildDistilBert(
  where: string,
  options: DistilBertOptions,
  preset: DistilBertPreset,
): LayeredEncoder<TextInput> {
  const settings = {
    ...withDefaults<DistilBertOptions>(where, options, {
      ...commonDefaults(options, preset),
      activation: 'gelu',
      epsilon: 1e-12,
      pooling: 'cls',
      dropout: 0.1,
      padTokenId: 0,
      initializerRange: 0.02,
      ...preset,
    }),
    tokenTypes: 0,
  };
  checkBert(where, settings, ['cls', 'mean', 'max']);
  return buildBert(where, settings, variant);
}
