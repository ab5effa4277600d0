import { lookUp, type Encoder, type TextInput } from '@crossweave/core';
import { bert, bertBase, bertSmall, miniLM, miniLM12 } from './bert/presets';
import { clipText, clipTextBase, clipTextLarge } from './clip/presets';
import { distilbert, distilbertBase } from './distilbert/presets';
import { roberta, robertaBase } from './roberta/presets';

/** A table of text encoders whose options are checked when they are made, not by the compiler. */
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
} as const satisfies TextEncoderTable;

/**
 * The encoder called `name` in `table`, made with `options` as a config file gave them.
 *
 * @throws ConfigError for an unknown name or option; it names the nearest.
 */
export function createTextEncoder(
  name: string,
  options: object = {},
  table: TextEncoderTable = textEncoders,
): Encoder<TextInput> {
  // The factory itself refuses what is not one of its options.
  return lookUp('text encoder', table, name)(options as never);
}
