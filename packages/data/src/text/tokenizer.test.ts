import { ConfigError, DataError } from '@crossweave/core';
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
    expect(tokenizer.endId).toBe(suffix.at(-1));
    expect(tokenizer.encode('abc')).toEqual([10, 11, 12]);
  });

  it('refuses a tokenizer without padding', () => {
    expect(() => fromTransformers(letters([], []), facts)).toThrow(ConfigError);
  });

  it('takes the id for unknown words, and has none otherwise', () => {
    expect(fromTransformers(letters([], [], 0), facts)).not.toHaveProperty('unknownId');
    expect(fromTransformers(letters([], [], 0), { ...facts, unknownId: 4 }).unknownId).toBe(4);
  });

  it('refuses ids that are not in the vocabulary, whenever they come', () => {
    expect(() => fromTransformers(letters([1], [40], 0), facts)).toThrow(/id.*below 40.*got 40/);
    expect(() => fromTransformers(letters([1], [2], 40), facts)).toThrow(DataError);
    expect(() => fromTransformers(letters([1], [2], -1), facts)).toThrow(DataError);
    expect(() => fromTransformers(letters([1], [2], 0), { ...facts, unknownId: 40 })).toThrow(
      DataError,
    );
    const tokenizer = fromTransformers(letters([1], [2], 0), facts);
    expect(() => tokenizer.encode('a A')).toThrow(/letters, for "a A".*got -55/);
  });

  it.each([5, undefined, null, ['a']])('takes %j for no text', (text) => {
    const tokenizer = fromTransformers(letters([1], [2], 0), facts);
    expect(() => tokenizer.encode(text as never)).toThrow(/letters: "text".*text; got/);
  });

  it('refuses what fails, gives no list, or hides the text among special tokens', () => {
    const throwing = Object.assign(
      () => {
        throw new TypeError('no such model');
      },
      { pad_token_id: 0 },
    );
    expect(() => fromTransformers(throwing, facts)).toThrow(/fails on a text.*no such model/);
    const listless = Object.assign(() => ({}) as never, { pad_token_id: 0 });
    expect(() => fromTransformers(listless, facts)).toThrow(DataError);
    const other: TransformersTokenizer = (_, { add_special_tokens: special }) => ({
      input_ids: special ? [1, 2] : [3],
    });
    expect(() => fromTransformers(Object.assign(other, { pad_token_id: 0 }), facts)).toThrow(
      /special tokens.*cannot be told.*3 without.*1 2 with/,
    );
  });
});
