import { ConfigError, lookUp, requireInteger, requireRange, withDefaults } from '@crossweave/core';
import { poolings, type Pooling } from './pooling';

export interface BertOptions {
  /** Rows of the word table: the tokenizer's vocabulary, special tokens included. */
  vocabulary?: number;
  /** D. Default 768. */
  dim?: number;
  /** Transformer layers. Default 12. */
  layers?: number;
  /** Attention heads; divides `dim`. Default 12. */
  heads?: number;
  /** Width of the feed-forward layers. Default 4·`dim`. */
  hidden?: number;
  /** Longest text in tokens: rows of the position table. Default 512. */
  maxPositions?: number;
  /** Rows of the token type table; every token is of type 0. Default 2. */
  tokenTypes?: number;
  /** The tokenizer's padding id: its word row starts at zero. Default 0. */
  padTokenId?: number;
  /** What `pooled` is (see {@link Pooling}). Default `'cls'`. */
  pooling?: Pooling;
  /** Of embeddings, attention weights and each part's result, in [0, 1). Default 0.1. */
  dropout?: number;
  /** Standard deviation of the initial weights. Default 0.02. */
  initializerRange?: number;
}

export type BertSettings = Required<BertOptions>;

/** What a preset fixes; the rest has one default for all. */
export type BertPreset = BertOptions &
  Required<Pick<BertOptions, 'dim' | 'layers' | 'heads' | 'maxPositions'>>;

/** @throws ConfigError for an unknown option, one out of range, or no vocabulary. */
export function bertSettings(
  where: string,
  options: BertOptions,
  preset: BertPreset,
): BertSettings {
  const settings = withDefaults<BertOptions>(where, options, {
    // 0 is out of range: a wrong vocabulary shows late, so it has no default of its own.
    vocabulary: 0,
    hidden: 4 * (options.dim ?? preset.dim),
    tokenTypes: 2,
    padTokenId: 0,
    pooling: 'cls',
    dropout: 0.1,
    initializerRange: 0.02,
    ...preset,
  });
  const { vocabulary, dim, heads, padTokenId } = settings;
  const sizes = ['vocabulary', 'dim', 'layers', 'heads', 'hidden'] as const;
  for (const name of [...sizes, 'maxPositions', 'tokenTypes'] as const) {
    requireInteger(where, name, settings[name]);
  }
  requireInteger(where, 'padTokenId', padTokenId, 0);
  requireRange(where, 'dropout', settings.dropout, 0, 0.999);
  requireRange(where, 'initializerRange', settings.initializerRange, 0, 1);
  lookUp(`${where}: "pooling"`, poolings, settings.pooling);
  if (padTokenId >= vocabulary) {
    throw new ConfigError('"padTokenId" is not in the vocabulary', {
      where,
      expected: `an id below ${vocabulary}`,
      got: padTokenId,
    });
  }
  if (dim % heads !== 0) {
    throw new ConfigError('"heads" must divide "dim"', {
      where,
      expected: `a divisor of ${dim}`,
      got: heads,
    });
  }
  return settings;
}
