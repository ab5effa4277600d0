import { ConfigError, lookUp, requireInteger, requireRange } from '@crossweave/core';
import { activations, type Activation } from '@crossweave/core/nn';
import type { Pooling } from './pooling';

/** What every text encoder of this package can be told. */
export interface TransformerOptions {
  /** Rows of the word table: the tokenizer's vocabulary, special tokens included. */
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
  /** Of the layer norms. */
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

export type TransformerSettings = Required<TransformerOptions>;

/** A preset: what it fixes, at least the sizes; the rest has one default for the architecture. */
export type Preset<Options extends TransformerOptions> = Options &
  Required<Pick<TransformerOptions, 'dim' | 'layers' | 'heads' | 'maxPositions'>>;

/** An architecture's options where the vocabulary must be given: a wrong one would show late. */
export type WithVocabulary<Options extends TransformerOptions> = Options &
  Required<Pick<TransformerOptions, 'vocabulary'>>;

/** The defaults that hang on other options, and those that are the same everywhere. */
export function commonDefaults(
  options: TransformerOptions,
  preset: Preset<TransformerOptions>,
): Pick<TransformerSettings, 'vocabulary' | 'hidden' | 'normalize' | 'attentionDropout'> {
  return {
    // 0 is out of range: a wrong vocabulary shows late, so it has no default of its own.
    vocabulary: 0,
    hidden: 4 * (options.dim ?? preset.dim),
    normalize: false,
    attentionDropout: options.dropout ?? preset.dropout ?? 0.1,
  };
}

/** @throws ConfigError for an option out of range, or no vocabulary. */
export function checkSettings(
  where: string,
  settings: TransformerSettings,
  poolings: readonly Pooling[],
): void {
  const { dim, heads, pooling, epsilon, normalize } = settings;
  const sizes = ['vocabulary', 'dim', 'layers', 'heads', 'hidden', 'maxPositions'] as const;
  for (const name of sizes) requireInteger(where, name, settings[name]);
  requireRange(where, 'dropout', settings.dropout, 0, 0.999);
  requireRange(where, 'attentionDropout', settings.attentionDropout, 0, 0.999);
  requireRange(where, 'epsilon', epsilon, 1e-15, 1);
  lookUp(`${where}: "activation"`, activations, settings.activation);
  const allowed = Object.fromEntries(poolings.map((name) => [name, name]));
  lookUp(`${where}: "pooling"`, allowed, pooling);
  if (typeof normalize !== 'boolean') {
    throw new ConfigError('"normalize" is neither true nor false', { where, got: normalize });
  }
  if (dim % heads !== 0) {
    throw new ConfigError('"heads" must divide "dim"', {
      where,
      expected: `a divisor of ${dim}`,
      got: heads,
    });
  }
}

/** @throws ConfigError unless the option `name` is an id of the vocabulary. */
export function requireTokenId(
  where: string,
  name: string,
  id: number,
  { vocabulary }: TransformerSettings,
): void {
  requireInteger(where, name, id, 0);
  if (id >= vocabulary) {
    throw new ConfigError(`"${name}" is not in the vocabulary`, {
      where,
      expected: `an id below ${vocabulary}`,
      got: id,
    });
  }
}
