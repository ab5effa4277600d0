import {
  requireInteger,
  withDefaults,
  type LayeredEncoder,
  type TextInput,
} from '@crossweave/core';
import { buildBert } from '../bert/bert';
import { checkBert, type BertOptions } from '../bert/options';
import { commonDefaults, type Preset, type WithVocabulary } from '../transformer/options';

/**
 * BERT's options with RoBERTa-base's defaults: `padTokenId` 1, `tokenTypes` 1, `epsilon` 1e-5.
 * The position table has `padTokenId` + 1 rows more than `maxPositions`, as it begins there.
 */
export type RobertaOptions = BertOptions;
export type RobertaPreset = Preset<RobertaOptions>;
export type RobertaOptionsWithVocabulary = WithVocabulary<RobertaOptions>;

/**
 * Hugging Face's `RobertaModel` and `XLMRobertaModel` (Liu et al. 2019), parameters under its
 * names: BERT with positions that count the real tokens, from `padTokenId` + 1 on. A token is
 * real where its mask is 1 and its id is not `padTokenId`.
 *
 * @throws ConfigError for an unknown option, one out of range, or no vocabulary.
 */
export function buildRoberta(
  where: string,
  options: RobertaOptions,
  preset: RobertaPreset,
): LayeredEncoder<TextInput> {
  const settings = withDefaults<RobertaOptions>(where, options, {
    ...commonDefaults(options, preset),
    activation: 'gelu',
    epsilon: 1e-5,
    pooling: 'cls',
    dropout: 0.1,
    tokenTypes: 1,
    padTokenId: 1,
    initializerRange: 0.02,
    ...preset,
  });
  requireInteger(where, 'tokenTypes', settings.tokenTypes);
  checkBert(where, settings, ['cls', 'mean', 'max', 'pooler']);
  return buildBert(where, settings, { family: 'roberta', embeddings: { counts: 'real' } });
}
