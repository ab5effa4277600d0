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
  type Checks,
} from '@crossweave/core/authoring';
import { bert, bertBase, bertSmall, miniLM, miniLM12 } from './bert/presets';
import { clipText, clipTextBase, clipTextLarge } from './clip/presets';
import { distilbert, distilbertBase } from './distilbert/presets';
import { roberta, robertaBase } from './roberta/presets';
import { siglipText } from './siglip/presets';
import type { TransformerTextEncoder } from './transformer/encoder';
import { tokenizerFacts, unusedRows } from './transformer/tokenizer';

/** A table of text encoders; the options are checked when an encoder is made, not by the compiler. */
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
  'clip-text': clipText,
  'clip-text-base': clipTextBase,
  'clip-text-large': clipTextLarge,
  'siglip-text': siglipText,
} as const satisfies TextEncoderTable;

/** The texts and weights that an encoder is made for. */
export interface TextEncoderSurroundings {
  /** Where the name is looked up. Default {@link textEncoders}. */
  readonly table?: TextEncoderTable;
  /** The tokenizer of the texts: vocabulary and special ids follow from it. Default: options give them. */
  readonly tokenizer?: TokenizerFacts;
  /** The longest text in tokens, as far as it is known. */
  readonly maxTokens?: number;
  /** Whether weights that were trained elsewhere are loaded into it. Default false. */
  readonly pretrained?: boolean;
}

/**
 * The encoder called `name`, made with `options` as a config file gave them, for texts of the given
 * tokenizer.
 *
 * ```ts
 * createTextEncoder('clip-text', { dim: 64, heads: 2 }, { tokenizer: data.tokenizer });
 * ```
 *
 * An encoder of your own gets the tokenizer as its option `tokenizer`.
 *
 * @throws ConfigError for an unknown name or option (it names the nearest), a wrong value, options
 *   that contradict the tokenizer, an architecture that needs a token which the tokenizer lacks,
 *   texts longer than the position table, or pre-trained weights with a tokenizer of far fewer ids.
 */
export function createTextEncoder(
  name: string,
  options: object = {},
  surroundings: TextEncoderSurroundings = {},
): Encoder<TextInput> & Partial<Pick<TransformerTextEncoder, 'vocabulary' | 'maxTokens'>> {
  const where = 'createTextEncoder';
  checkOptions(where, surroundings, checks);
  const { table = textEncoders, tokenizer, maxTokens, pretrained = false } = surroundings;
  const factory = lookUp<(options: never) => ReturnType<typeof createTextEncoder>>(
    'text encoder',
    table,
    name,
  );
  // The factory itself refuses what is not one of its options.
  const encoder = factory({ ...options, ...(tokenizer && { tokenizer }) } as never);
  const { vocabulary, maxTokens: longest } = encoder;
  if (maxTokens !== undefined && longest !== undefined && maxTokens > longest) {
    throw new ConfigError('the texts are longer than the position table', {
      where: name,
      expected: `maxTokens of at most ${longest}, or "maxPositions" of at least ${maxTokens}`,
      got: `maxTokens ${maxTokens} and ${longest} positions`,
      ...(pretrained && { advice: 'Loaded weights have a fixed table: cut the texts to it.' }),
    });
  }
  if (pretrained && tokenizer !== undefined && vocabulary !== undefined) {
    if (unusedRows(vocabulary, tokenizer.vocabularySize)) {
      throw new ConfigError('the weights are of another tokenizer', {
        where: name,
        expected: `a tokenizer of about ${vocabulary} ids, the rows of the word table`,
        got: `${tokenizer.vocabularySize} ids (${tokenizer.name})`,
        advice: 'Use the tokenizer of the model: its files lie beside the weights.',
      });
    }
  }
  return encoder;
}

const checks: Checks<TextEncoderSurroundings> = {
  table: recordOf(callback('that takes options and gives an encoder')),
  tokenizer: tokenizerFacts,
  maxTokens: count(),
  pretrained: boolean(),
};
