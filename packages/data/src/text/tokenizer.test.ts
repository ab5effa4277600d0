import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { fromTransformers, type TransformersTokenizer } from './tokenizer';

/** Letters are tokens 10, 11, …; `around` stands for the library's special tokens. */
function letters(before: number[], after: number[], padId?: number): TransformersTokenizer {
  const call: TransformersTokenizer = (text, { add_special_tokens }) => {
    const ids = Array.from(text, (letter) => letter.charCodeAt(0) - 87);
    return { input_ids: add_special_tokens ? [...before, ...ids, ...after] : ids };
  };
  return Object.assign(call, { pad_token_id: padId });
}

const facts = { name: 'letters', vocabularySize: 40, fingerprint: 'f' };

describe('fromTransformers', () => {
  it.each([
    ['both sides', [1, 2], [3]],
    ['the end only', [], [3]],
    ['nothing', [], []],
  ])('finds special tokens on %s', (_, prefix, suffix) => {
    const tokenizer = fromTransformers(letters(prefix, suffix, 0), facts);
    expect(tokenizer).toMatchObject({ ...facts, prefix, suffix, padId: 0 });
    expect(tokenizer.encode('abc')).toEqual([10, 11, 12]);
  });

  it('refuses a tokenizer without padding', () => {
    expect(() => fromTransformers(letters([], []), facts)).toThrow(ConfigError);
  });
});
