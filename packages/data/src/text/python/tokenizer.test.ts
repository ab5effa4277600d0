import { readFileSync } from 'node:fs';
import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import type { Part } from './parts';
import { pythonTokenizer } from './tokenizer';

interface Words {
  readonly texts: string[];
  readonly cases: { name: string; parts: Part; words: string[] }[];
}

const { texts, cases, around, models } = JSON.parse(
  readFileSync(new URL('../../../fixtures/tokenizer-rules.json', import.meta.url), 'utf8'),
) as Words & {
  around: Words;
  models: { texts: string[]; cases: { name: string; tokenizer: Part; ids: number[][] }[] };
};

/** Spells words by their bytes, and ends each with `</w>`. */
const spelling = {
  type: 'BPE',
  byte_fallback: true,
  end_of_word_suffix: '</w>',
  vocab: Object.fromEntries(
    Array.from({ length: 256 }, (_, byte) => [
      `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      byte,
    ]),
  ),
  merges: [],
};

function wordsOf(parts: Part, texts: readonly string[]): string[] {
  const tokenizer = pythonTokenizer({ ...parts, model: spelling }, 'here');
  return texts.map((text) =>
    Buffer.concat(
      tokenizer.encode(text, true).map((id) => Buffer.from(id < 256 ? [id] : `<${id}>`)),
    )
      .toString()
      .replaceAll('</w>', '|'),
  );
}

describe('a tokenizer', () => {
  it.each(cases)('has the words of Python: $name', ({ parts, words }) => {
    expect(wordsOf(parts, texts)).toEqual(words);
  });

  it.each(around.cases)('has the special tokens of Python: $name', ({ parts, words }) => {
    expect(wordsOf(parts, around.texts)).toEqual(words);
  });

  it.each(models.cases)('has the ids of Python: $name', ({ tokenizer, ids }) => {
    const made = pythonTokenizer(tokenizer, 'here');
    expect(models.texts.map((text) => made.encode(text, false))).toEqual(ids);
  });

  it('knows ids of its vocabulary and of added tokens', () => {
    const added = [{ id: 1, content: '<x>', special: true }];
    const model = { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'b' };
    const tokenizer = pythonTokenizer({ model, added_tokens: added }, 'here');
    expect(['a', '<x>', 'b'].map((token) => tokenizer.idOf(token))).toEqual([0, 1, undefined]);
    expect(tokenizer.encode('a<x>', false)).toEqual([0, 1]);
    expect(() => tokenizer.encode('b', false)).toThrow(/lacks the token for unknown/);
    expect(() => tokenizer.encode('\ud800', false)).toThrow(/half of a pair/);
  });

  const split = (regex: string): Part => ({
    pre_tokenizer: { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated' },
  });
  const token = (content: string, id: number): Part => ({ id, content, normalized: true });
  it.each<[string, Part]>([
    ['another normalizer', { normalizer: { type: 'Oracle' } }],
    ['a sequence without parts', { normalizer: { type: 'Sequence' } }],
    ['a damaged table', { normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } }],
    ['a Prepend of nothing', { normalizer: { type: 'Prepend' } }],
    ['another pre-tokenizer', { pre_tokenizer: { type: 'UnicodeScripts' } }],
    ['pieces of no length', { pre_tokenizer: { type: 'FixedLength', length: 0 } }],
    ['another way to split', { pre_tokenizer: { type: 'Punctuation', behavior: 'Other' } }],
    [
      'a first word that is looked for late',
      {
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            { type: 'WhitespaceSplit' },
            { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' },
          ],
        },
      },
    ],
    [
      'a first word after a letter that is cut',
      {
        normalizer: {
          type: 'Sequence',
          normalizers: [{ type: 'BertNormalizer' }, { type: 'Strip', strip_left: true }],
        },
        pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' },
      },
    ],
    ['clusters of letters', split(String.raw`\X`)],
    ['a possessive part', split(String.raw`\s++a`)],
    ['an atomic group', split(String.raw`(?>a|ab)c`)],
    ['options within', split('(?m:a.)')],
    ['letters newer than Python’s', split('[\ua7ce]')],
    ['letters that are one in the other case', split('(?i:ss)')],
    ['classes without case', split('(?i:[à-ü])')],
    ['another post-processor', { post_processor: { type: 'Oracle' } }],
    ['a template of two texts', { post_processor: { type: 'TemplateProcessing', single: [] } }],
    ['another id than in Python', { added_tokens: [token('x', 300)] }],
    [
      'tokens that become one',
      { normalizer: { type: 'Lowercase' }, added_tokens: [token('x', 256), token('X', 257)] },
    ],
    ['a dropout', { model: { ...spelling, dropout: 0.1 } }],
    ['merges of no tokens', { model: { ...spelling, merges: ['a b'] } }],
    ['no token for unknown letters', { model: { ...spelling, unk_token: 'x' } }],
    ['another model', { model: { type: 'Oracle' } }],
    ['no scores', { model: { type: 'Unigram', vocab: { a: 0 } } }],
  ])('is refused with %s', (_, parts) => {
    const make = (): unknown => pythonTokenizer({ model: spelling, ...parts }, 'here');
    expect(make).toThrow(DataError);
    expect(make).toThrow(/^here: the tokenizer has /);
  });
});
