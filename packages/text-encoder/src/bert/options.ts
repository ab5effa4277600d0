import {
  checkOptions,
  count,
  number,
  oneOf,
  readOptions,
  type Checks,
} from '@crossweave/core/authoring';
import {
  commonDefaults,
  requireHeads,
  transformerChecks,
  type Preset,
  type TransformerOptions,
  type Untokenized,
  type WithIds,
} from '../transformer/options';
import {
  idFor,
  requireInTable,
  requireSaid,
  rowsFor,
  tokenizerFacts,
} from '../transformer/tokenizer';

/** The defaults, except for the vocabulary, are those of BERT-base. */
export interface BertOptions extends TransformerOptions {
  /** Number of rows of the token type table. Default 2. */
  tokenTypes?: number;
  /**
   * The padding id; its row of the word table is initially zero. Default: the tokenizer's `padId`,
   * else 0.
   */
  padTokenId?: number;
  /** How `pooled` is computed (see {@link Pooling}). Default `'cls'`. */
  pooling?: 'cls' | 'mean' | 'max' | 'pooler';
  /** Standard deviation of the initial weights, in (0, 1]. Default 0.02. */
  initializerRange?: number;
}

export type BertSettings = Required<Untokenized<BertOptions>>;
/** `padTokenId` is absent if only the tokenizer determines it. */
export type BertPreset = Preset<BertOptions, 'tokenTypes' | 'pooling'>;
export type BertOptionsWithVocabulary = WithIds<BertOptions>;

/** Checks of the options that DistilBERT has too. */
export const sharedChecks: Checks<Omit<BertSettings, 'tokenTypes' | 'pooling'>> = {
  ...transformerChecks,
  padTokenId: count(0),
  initializerRange: number({ above: 0, max: 1 }),
};

const bertChecks: Checks<BertSettings> = {
  ...sharedChecks,
  tokenTypes: count(),
  pooling: oneOf('cls', 'mean', 'max', 'pooler'),
};

/**
 * The settings of BERT and of the architectures with its options.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer,
 *   or a missing id.
 */
export function bertSettings(
  where: string,
  options: BertOptions,
  preset: BertPreset,
): BertSettings {
  checkOptions<BertOptions>(where, options, { tokenizer: tokenizerFacts, ...bertChecks });
  const { tokenizer, ...given } = options;
  const vocabulary =
    tokenizer === undefined
      ? requireSaid(where, 'vocabulary', given.vocabulary ?? preset.vocabulary)
      : rowsFor(where, tokenizer, given.vocabulary);
  const padTokenId =
    tokenizer === undefined
      ? requireSaid(where, 'padTokenId', given.padTokenId ?? preset.padTokenId)
      : idFor(where, tokenizer, 'padTokenId', tokenizer.padId, given.padTokenId);
  requireInTable(where, 'padTokenId', padTokenId, vocabulary);
  const settings = readOptions<Untokenized<BertOptions>>(
    where,
    given,
    { ...commonDefaults(given, preset), initializerRange: 0.02, ...preset, vocabulary, padTokenId },
    bertChecks,
  );
  requireHeads(where, settings);
  return settings;
}
