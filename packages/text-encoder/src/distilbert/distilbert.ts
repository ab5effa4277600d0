import { checkOptions, oneOf, type Checks } from '@crossweave/core/authoring';
import { buildBert, type BertVariant } from '../bert/bert';
import { bertSettings, sharedChecks, type BertOptions, type BertPreset } from '../bert/options';
import type { TransformerTextEncoder } from '../transformer/encoder';
import type { WithIds } from '../transformer/options';
import { tokenizerFacts } from '../transformer/tokenizer';

/**
 * BERT's options without token types and pooling layer. The defaults are those of DistilBERT-base.
 */
export interface DistilBertOptions extends Omit<BertOptions, 'tokenTypes' | 'pooling'> {
  /** How `pooled` is computed. Default `'cls'`. */
  pooling?: 'cls' | 'mean' | 'max';
}

export type DistilBertPreset = Omit<BertPreset, 'tokenTypes'>;
export type DistilBertOptionsWithVocabulary = WithIds<DistilBertOptions>;

const checks: Checks<DistilBertOptions> = {
  ...sharedChecks,
  tokenizer: tokenizerFacts,
  pooling: oneOf('cls', 'mean', 'max'),
};

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
 * Hugging Face's `DistilBertModel` (Sanh et al. 2019) with its parameter names: BERT's layers
 * without token types and pooling layer.
 *
 * @throws ConfigError as `bertSettings`.
 */
export function buildDistilBert(
  where: string,
  options: DistilBertOptions,
  preset: DistilBertPreset,
): TransformerTextEncoder {
  checkOptions(where, options, checks);
  // BERT needs at least one token type; DistilBERT has no table of types.
  const settings = { ...bertSettings(where, options, { ...preset, tokenTypes: 1 }), tokenTypes: 0 };
  return buildBert(where, settings, variant);
}
