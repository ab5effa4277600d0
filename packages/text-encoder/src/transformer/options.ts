import type { TokenizerFacts } from '@crossweave/core';
import {
  boolean,
  count,
  dropRate,
  number,
  oneOf,
  requireDivisor,
  type Checks,
} from '@crossweave/core/authoring';
import { activations, type Activation } from '@crossweave/core/nn';
import type { Pooling } from './pooling';

/** Options that every text encoder of this package has. */
export interface TransformerOptions {
  /**
   * The tokenizer whose ids the encoder reads. It determines `vocabulary` and the special ids, and
   * an option that contradicts it is refused. Default: none; the options determine the ids.
   */
  tokenizer?: TokenizerFacts;
  /**
   * Number of rows of the word table, at least the tokenizer's `vocabularySize` (which includes
   * special tokens). Default: `vocabularySize`.
   */
  vocabulary?: number;
  /** D, the width of the tokens. */
  dim?: number;
  /** Transformer layers. */
  layers?: number;
  /** Attention heads; divides `dim`. */
  heads?: number;
  /** Width of the feed-forward layers. Default 4·`dim`. */
  hidden?: number;
  /** Number of tokens of the longest text. */
  maxPositions?: number;
  /** Activation of the feed-forward layers. */
  activation?: Activation;
  /** Epsilon of the layer norms, in (0, 1]. */
  epsilon?: number;
  /** How `pooled` is computed (see {@link Pooling}). */
  pooling?: Pooling;
  /** Whether `pooled` is scaled to length 1, as sentence embeddings often are. Default false. */
  normalize?: boolean;
  /** Dropout rate of embeddings and the result of each sublayer, in [0, 1). */
  dropout?: number;
  /** Dropout rate of attention weights, in [0, 1). Default: `dropout`. */
  attentionDropout?: number;
}

/** The options without the tokenizer, after its ids were read. */
export type Untokenized<Options extends TransformerOptions> = Omit<Options, 'tokenizer'>;

export type TransformerSettings = Required<Untokenized<TransformerOptions>>;

/** Options whose defaults differ between architectures. */
type Architectural = 'dim' | 'layers' | 'heads' | 'maxPositions' | 'activation' | 'epsilon';

/**
 * The values that a preset fixes. `Own` names further options of the architecture that it must fix.
 */
export type Preset<
  Options extends TransformerOptions,
  Own extends keyof Untokenized<Options> = never,
> = Untokenized<Options> &
  Required<Pick<Untokenized<Options>, Extract<keyof Untokenized<Options>, Architectural> | Own>> &
  Required<Pick<TransformerOptions, 'dropout'>>;

/** An architecture's options with either a tokenizer or the ids given. */
export type WithIds<Options extends TransformerOptions, Ids extends keyof Options = never> =
  | (Options & Required<Pick<TransformerOptions, 'tokenizer'>>)
  | (Options & Required<Pick<Options, Ids>> & Required<Pick<TransformerOptions, 'vocabulary'>>);

/** Checks of all options except `pooling`, whose choices differ between architectures. */
export const transformerChecks: Checks<Omit<TransformerSettings, 'pooling'>> = {
  vocabulary: count(),
  dim: count(),
  layers: count(),
  heads: count(),
  hidden: count(),
  maxPositions: count(),
  activation: oneOf(...Object.keys(activations)),
  epsilon: number({ above: 0, max: 1 }),
  normalize: boolean(),
  dropout: dropRate(),
  attentionDropout: dropRate(),
};

/** Defaults that depend on other options or are common to all architectures. */
export function commonDefaults(
  given: TransformerOptions,
  preset: { readonly dim: number; readonly dropout: number },
): Pick<TransformerSettings, 'hidden' | 'normalize' | 'attentionDropout'> {
  return {
    hidden: 4 * (given.dim ?? preset.dim),
    normalize: false,
    attentionDropout: given.dropout ?? preset.dropout,
  };
}

/** @throws ConfigError when `heads` does not divide `dim`. */
export function requireHeads(where: string, { dim, heads }: TransformerSettings): void {
  requireDivisor(where, ['heads', heads], ['dim', dim]);
}
