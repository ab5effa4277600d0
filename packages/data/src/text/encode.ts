import { ConfigError, type TextInput } from '@crossweave/core';
import { tensor2d } from '@tensorflow/tfjs-core';
import type { Tokenizer } from './tokenizer';

/** The longest text a BERT has positions for. */
export const maxTokensLimit = 512;

/** @throws ConfigError when `maxTokens` leaves no room for a token beside the special ones */
export function checkMaxTokens(maxTokens: number, tokenizer: Tokenizer): void {
  const least = tokenizer.prefix.length + tokenizer.suffix.length + 1;
  if (Number.isInteger(maxTokens) && maxTokens >= least && maxTokens <= maxTokensLimit) return;
  throw new ConfigError('maxTokens is out of range', {
    where: 'encodeTexts',
    expected: `a whole number in [${least}, ${maxTokensLimit}]`,
    got: maxTokens,
  });
}

/** Ids of one text with its special tokens, at most `maxTokens`: what is cut is the text's end. */
export function encodeText(text: string, tokenizer: Tokenizer, maxTokens: number): Int32Array {
  const { prefix, suffix } = tokenizer;
  const ids = tokenizer.encode(text).slice(0, maxTokens - prefix.length - suffix.length);
  return Int32Array.from([...prefix, ...ids, ...suffix]);
}

/**
 * Token ids of B texts, padded on the right to N = `maxTokens`.
 *
 * @returns [B, N] int32 ids and mask, owned by the caller
 * @throws ConfigError when `maxTokens` is not in [3, 512] (for BERT)
 */
export function encodeTexts(
  texts: readonly string[],
  tokenizer: Tokenizer,
  maxTokens: number,
): TextInput {
  checkMaxTokens(maxTokens, tokenizer);
  return padIds(
    texts.map((text) => encodeText(text, tokenizer, maxTokens)),
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
