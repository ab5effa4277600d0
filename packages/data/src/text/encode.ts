import type { TextInput } from '@crossweave/core';
import { anyText, listOf, number, requireNumber, requireValue } from '@crossweave/core/authoring';
import { tensor2d } from '@tensorflow/tfjs-core';
import type { Tokenizer } from './tokenizer';

/** The longest text a BERT has positions for. */
const maxTokensLimit = 512;

/** The JavaScript tokenizers encode a value that is not a string as an empty text. */
const textsCheck = listOf(anyText());

export const maxTokensCheck = number({ integer: true, min: 1, max: maxTokensLimit });

/** @throws ConfigError when `maxTokens` leaves no room for a token beside the special ones */
export function checkMaxTokens(where: string, maxTokens: number, tokenizer: Tokenizer): void {
  const min = tokenizer.prefix.length + tokenizer.suffix.length + 1;
  requireNumber(where, 'maxTokens', maxTokens, { integer: true, min, max: maxTokensLimit });
}

/** What is known of a text once it is tokenised. */
export interface TextFacts {
  /** Equal for texts that are the same to the tokenizer. */
  readonly identity: string;
  /** Tokens without the special ones, before any is cut. */
  readonly tokens: number;
  /** Those of them that the vocabulary lacks. 0 for a tokenizer that spells all out. */
  readonly unknown: number;
}

/** What the ids of a text tell, as the tokenizer gives them without special ones. */
export function factsOfIds(ids: readonly number[], { unknownId }: Tokenizer): TextFacts {
  const unknown = unknownId === undefined ? 0 : ids.filter((id) => id === unknownId).length;
  return { identity: ids.join(' '), tokens: ids.length, unknown };
}

/** The same of a text. */
export function factsOfText(text: string, tokenizer: Tokenizer): TextFacts {
  return factsOfIds(tokenizer.encode(text), tokenizer);
}

/** Ids of one text with the special tokens, at most `maxTokens`: what is cut is the text's end. */
export function withSpecialIds(
  ids: readonly number[],
  { prefix, suffix }: Tokenizer,
  maxTokens: number,
): Int32Array {
  const kept = ids.slice(0, maxTokens - prefix.length - suffix.length);
  return Int32Array.from([...prefix, ...kept, ...suffix]);
}

/**
 * Token ids of B texts, padded on the right to N = `maxTokens`.
 *
 * @returns [B, N] int32 ids and mask, owned by the caller
 * @throws ConfigError when `maxTokens` is not in [3, 512] (for BERT), or `texts` is not a list of strings
 */
export function encodeTexts(
  texts: readonly string[],
  tokenizer: Tokenizer,
  maxTokens: number,
): TextInput {
  requireValue('encodeTexts', 'texts', texts, textsCheck);
  checkMaxTokens('encodeTexts', maxTokens, tokenizer);
  return padIds(
    texts.map((text) => withSpecialIds(tokenizer.encode(text), tokenizer, maxTokens)),
    maxTokens,
    tokenizer.padId,
  );
}

/** Rows of at most `maxTokens` ids as [B, maxTokens] int32 ids and mask. */
export function padIds(rows: readonly Int32Array[], maxTokens: number, padId: number): TextInput {
  const ids = new Int32Array(rows.length * maxTokens).fill(padId);
  const mask = new Int32Array(rows.length * maxTokens);
  rows.forEach((row, b) => {
    ids.set(row, b * maxTokens);
    mask.fill(1, b * maxTokens, b * maxTokens + row.length);
  });
  const shape: [number, number] = [rows.length, maxTokens];
  return {
    input_ids: tensor2d(ids, shape, 'int32'),
    attention_mask: tensor2d(mask, shape, 'int32'),
  };
}
