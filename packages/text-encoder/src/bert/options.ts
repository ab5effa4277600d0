import { requireInteger, requireRange, withDefaults } from '@crossweave/core';
import {
  checkSettings,
  commonDefaults,
  requireTokenId,
  type Preset,
  type TransformerOptions,
  type WithVocabulary,
} from '../transformer/options';

/** Defaults are BERT-base's, the vocabulary apart. */
export interface BertOptions extends TransformerOptions {
  /** Rows of the token type table. Default 2. */
  tokenTypes?: number;
  /** The tokenizer's padding id: its word row starts at zero. Default 0. */
  padTokenId?: number;
  /** Default `'cls'`. */
  pooling?: 'cls' | 'mean' | 'max' | 'pooler';
  /** Standard deviation of the initial weights. Default 0.02. */
  initializerRange?: number;
}

export type BertSettings = Required<BertOptions>;
export type BertPreset = Preset<BertOptions>;
export type BertOptionsWithVocabulary = WithVocabulary<BertOptions>;

/** @throws ConfigError for an unknown option, one out of range, or no vocabulary. */
export function bertSettings(
  where: string,
  options: BertOptions,
  preset: BertPreset,
): BertSettings {
  const settings = withDefaults<BertOptions>(where, options, {
    ...commonDefaults(options, preset),
    activation: 'gelu',
    epsilon: 1e-12,
    pooling: 'cls',
    dropout: 0.1,
    tokenTypes: 2,
    padTokenId: 0,
    initializerRange: 0.02,
    ...preset,
  });
  requireInteger(where, 'tokenTypes', settings.tokenTypes);
  checkBert(where, settings, ['cls', 'mean', 'max', 'pooler']);
  return settings;
}

/** What BERT and its kin have in common. @throws ConfigError for an option out of range. */
export function checkBert(
  where: string,
  settings: BertSettings,
  poolings: readonly BertSettings['pooling'][],
): void {
  checkSettings(where, settings, poolings);
  requireTokenId(where, 'padTokenId', settings.padTokenId, settings);
  requireRange(where, 'initializerRange', settings.initializerRange, 0, 1);
}
