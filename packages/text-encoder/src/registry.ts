import {
  ConfigError,
  lookUp,
  type Encoder,
  type TextInput,
  type TokenizerFacts,
} from '@crossweave/core';
import {
  boolean,
  callback,
  checkOptions,
  count,
  recordOf,
  requireObject,
  type Checks,
} from '@crossweave/core/authoring';
import { bert, bertBase, bertSmall, miniLM, miniLM12 } from './bert/presets';
import { clipText, clipTextBase, clipTextLarge } from './clip/presets';
import { distilbert, distilbertBase } from './distilbert/presets';
import { modernBert } from './modernbert/modernbert';
import { roberta, robertaBase } from './roberta/presets';
import { siglipText } from './siglip/presets';
import type { TransformerTextEncoder } from './transformer/encoder';
import { tokenizerFacts, unusedRows } from './transformer/tokenizer';

/**
 * A table of text encoders. The options are checked when an encoder is made, not by the compiler.
 */
export type TextEncoderTable = Readonly<Record<string, (options: never) => Encoder<TextInput>>>;

/**
 * The text encoders of this package by name, for configs and command lines. Extend it by
 * spreading: `{ ...textEncoders, mine: myEncoder }`.
 */
export const textEncoders = {
  bert,
  'bert-base': bertBase,
  'bert-small': bertSmall,
  'mini-lm': miniLM,
  'mini-lm-12': miniLM12,
  distilbert,
  'distilbert-base': distilbertBase,
  roberta,
  'roberta-base': robertaBase,
  modernbert: modernBert,
  'clip-text': clipText,
  'clip-text-base': clipTextBase,
  'clip-text-large': clipTextLarge,
  'siglip-text': siglipText,
} as const satisfies TextEncoderTable;

/** The texts and weights for which an encoder is made. */
export interface TextEncoderSurroundings {
  /** The table in which the name is looked up. Default {@link textEncoders}. */
  readonly table?: TextEncoderTable;
  /**
   * The tokenizer of the texts, which determines vocabulary and special ids. Default: the options
   * determine them.
   */
  readonly tokenizer?: TokenizerFacts;
  /** Number of tokens of the longest text. Absent: not known. */
  readonly maxTokens?: number;
  /** Whether pre-trained weights will be loaded into the encoder. Default false. */
  readonly pretrained?: boolean;
}

/**
 * Makes the encoder `name` with options from a config file, for texts of the given tokenizer.
 *
 * ```ts
 * createTextEncoder('clip-text', { dim: 64, heads: 2 }, { tokenizer: data.tokenizer });
 * ```
 *
 * An encoder of your own gets the tokenizer as its option `tokenizer`.
 *
 * @throws ConfigError for options that are not an object, an unknown name or option (it suggests
 *   the nearest), a wrong value, options that contradict the tokenizer, an architecture that needs
 *   a token that the tokenizer lacks, texts longer than the position table, or pre-trained weights
 *   with a tokenizer of far fewer ids.
 */
export function createTextEncoder(
  name: string,
  options: object = {},
  surroundings: TextEncoderSurroundings = {},
): Encoder<TextInput> & Partial<Pick<TransformerTextEncoder, 'vocabulary' | 'maxTokens'>> {
  const where = 'createTextEncoder';
  requireObject(where, options);
  checkOptions(where, surroundings, checks);
  const { table = textEncoders, tokenizer, maxTokens, pretrained = false } = surroundings;
  const factory = lookUp<(options: never) => ReturnType<typeof createTextEncoder>>(
    'text encoder',
    table,
    name,
  );
  // The factory refuses unknown options.
  const encoder = factory({ ...options, ...(tokenizer && { tokenizer }) } as never);
  const { vocabulary, maxTokens: longest } = encoder;
  if (maxTokens !== undefined && longest !== undefined && maxTokens > longest) {
    throw new ConfigError('the texts are longer than the position table', {
      where: name,
      expected: `maxTokens of at most ${longest}, or "maxPositions" of at least ${maxTokens}`,
      got: `maxTokens ${maxTokens} and ${longest} positions`,
      ...(pretrained && {
        advice: 'The size of the table of loaded weights is fixed: truncate the texts.',
      }),
    });
  }
  if (pretrained && tokenizer !== undefined && vocabulary !== undefined) {
    if (unusedRows(vocabulary, tokenizer.vocabularySize)) {
      throw new ConfigError('the weights belong to a different tokenizer', {
        where: name,
        expected: `a tokenizer of about ${vocabulary} ids, the rows of the word table`,
        got: `${tokenizer.vocabularySize} ids (${tokenizer.name})`,
        advice: 'Use the tokenizer of the model, whose files are beside the weights.',
      });
    }
  }
  return encoder;
}

const checks: Checks<TextEncoderSurroundings> = {
  table: recordOf(callback('that takes options and returns an encoder')),
  tokenizer: tokenizerFacts,
  maxTokens: count(),
  pretrained: boolean(),
};
