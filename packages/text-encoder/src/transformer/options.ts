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
   * The tokenizer whose ids the encoder reads: `vocabulary` and the special ids follow from it, and
   * an option that contradicts it is refused. Default: none, each id is an option of its own.
   */
  tokenizer?: TokenizerFacts;
  /**
   * Rows of the word table: at least the tokenizer's `vocabularySize`, special tokens included.
   * Default: as many as that.
   */
  vocabulary?: number;
  /** D. */
  dim?: number;
  /** Transformer layers. */
  layers?: number;
  /** Attention heads; divides `dim`. */
  heads?: number;
  /** Width of the feed-forward layers. Default 4·`dim`. */
  hidden?: number;
  /** Longest text in tokens. */
  maxPositions?: number;
  /** Of the feed-forward layers. */
  activation?: Activation;
  /** Of the layer norms, in (0, 1]. */
  epsilon?: number;
  /** What `pooled` is (see {@link Pooling}). */
  pooling?: Pooling;
  /** Whether `pooled` is scaled to length 1, as sentence embeddings often are. Default false. */
  normalize?: boolean;
  /** Of embeddings and each part's result, in [0, 1). */
  dropout?: number;
  /** Of attention weights, in [0, 1). Default: `dropout`. */
  attentionDropout?: number;
}

/** The options without the tokenizer, from which ids were taken. */
export type Untokenized<Options extends TransformerOptions> = Omit<Options, 'tokenizer'>;

export type TransformerSettings = Required<Untokenized<TransformerOptions>>;

/** Options whose defaults differ between architectures. */
type Architectural = 'dim' | 'layers' | 'heads' | 'maxPositions' | 'activation' | 'epsilon';

/** The values that a preset fixes. `Own`: further options of the architecture that it must fix. */
export type Preset<
  Options extends TransformerOptions,
  Own extends keyof Untokenized<Options> = never,
> = Untokenized<Options> &
  Required<Pick<Untokenized<Options>, Extract<keyof Untokenized<Options>, Architectural> | Own>> &
  Required<Pick<TransformerOptions, 'dropout'>>;

/** An architecture's options where a tokenizer gives the ids, or they are said one by one. */
export type WithIds<Options extends TransformerOptions, Ids extends keyof Options = never> =
  | (Options & Required<Pick<TransformerOptions, 'tokenizer'>>)
  | (Options & Required<Pick<Options, Ids>> & Required<Pick<TransformerOptions, 'vocabulary'>>);

/** Checks of all options but `pooling`, whose choices differ between architectures. */
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

/** Defaults that follow from other options, and those that all architectures share. */
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

/** @throws ConfigError when the heads cannot share the width evenly. */
export function requireHeads(where: string, { dim, heads }: TransformerSettings): void {
  requireDivisor(where, ['heads', heads], ['dim', dim]);
}
