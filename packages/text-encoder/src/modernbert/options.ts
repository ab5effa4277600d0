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
  type TransformerOptions,
  type Untokenized,
  type WithIds,
} from '../transformer/options';
import { requireSaid, rowsFor, tokenizerFacts } from '../transformer/tokenizer';

/** The defaults, except for the vocabulary, are those of ModernBERT-base. */
export interface ModernBertOptions extends TransformerOptions {
  /** How `pooled` is computed. Default `'cls'`. */
  pooling?: 'cls' | 'mean' | 'max';
  /**
   * Layers 0, `globalEvery`, 2·`globalEvery`, … attend to the whole text, the others to the tokens
   * around. Default 3.
   */
  globalEvery?: number;
  /** Tokens on either side that a token of the other layers attends to. Default 64. */
  window?: number;
  /** Base of the frequencies of the rotation in layers that attend to the whole text. Default 160000. */
  globalTheta?: number;
  /** The same in the other layers. Default 10000. */
  localTheta?: number;
  /** Standard deviation of the initial weights, in (0, 1]. Default 0.02. */
  initializerRange?: number;
}

export type ModernBertSettings = Required<Untokenized<ModernBertOptions>>;
export type ModernBertOptionsWithVocabulary = WithIds<ModernBertOptions>;

const base = {
  ...{ dim: 768, layers: 22, heads: 12, hidden: 1152, maxPositions: 8192 },
  activation: 'gelu',
  ...{ epsilon: 1e-5, dropout: 0 },
  pooling: 'cls',
  ...{ globalEvery: 3, window: 64, globalTheta: 160_000, localTheta: 10_000 },
  initializerRange: 0.02,
} as const satisfies Omit<ModernBertOptions, 'tokenizer'>;

const checks: Checks<ModernBertSettings> = {
  ...transformerChecks,
  pooling: oneOf('cls', 'mean', 'max'),
  globalEvery: count(),
  window: count(),
  globalTheta: number({ above: 1 }),
  localTheta: number({ above: 1 }),
  initializerRange: number({ above: 0, max: 1 }),
};

/**
 * @throws ConfigError for an unknown option, a wrong value, a vocabulary that contradicts the
 *   tokenizer, or a missing one.
 */
export function modernBertSettings(where: string, options: ModernBertOptions): ModernBertSettings {
  checkOptions<ModernBertOptions>(where, options, { tokenizer: tokenizerFacts, ...checks });
  const { tokenizer, ...given } = options;
  const vocabulary =
    tokenizer === undefined
      ? requireSaid(where, 'vocabulary', given.vocabulary)
      : rowsFor(where, tokenizer, given.vocabulary);
  const defaults: ModernBertSettings = { ...commonDefaults(given, base), ...base, vocabulary };
  const settings = readOptions<Untokenized<ModernBertOptions>>(where, given, defaults, checks);
  requireHeads(where, settings);
  return settings;
}
