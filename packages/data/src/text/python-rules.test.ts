import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from './load';
import { withPythonRules } from './python-rules';
import { readTokenizer } from './tokenizers-package';

interface Contents {
  readonly model: object;
  readonly [part: string]: unknown;
}

const { texts, cases, unknown } = JSON.parse(
  readFileSync(new URL('../../fixtures/tokenizer-rules.json', import.meta.url), 'utf8'),
) as {
  texts: string[];
  cases: { name: string; tokenizer: Contents; pieces: string[][] }[];
  unknown: {
    texts: string[];
    models: { name: string; tokenizer: Contents; ids: number[][] }[];
  };
};

const config = { unk_token: '<unk>', pad_token: '<unk>' };
const options = { add_special_tokens: false, return_tensor: false } as const;

describe('a tokenizer', () => {
  it.each(cases)('takes texts apart as that of Python: $name', ({ tokenizer, pieces }) => {
    const vocabulary = ['<unk>', ...new Set(pieces.flat())];
    const vocab = Object.fromEntries(vocabulary.map((piece, id) => [piece, id]));
    const contents = { ...tokenizer, model: { ...tokenizer.model, vocab } };
    const encode = readTokenizer('here', contents, config);
    const found = texts.map((text) => encode(text, options).input_ids.map((id) => vocabulary[id]));
    expect(found).toEqual(pieces);
  });

  it.each(unknown.models)('has the unknown letters of Python: $name', ({ tokenizer, ids }) => {
    const encode = readTokenizer('here', tokenizer, config);
    expect(unknown.texts.map((text) => encode(text, options).input_ids)).toEqual(ids);
  });

  it('is refused to libraries that would give it other ids', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crossweave-rules-'));
    try {
      const { tokenizer } = cases.find(({ name }) => name === 'Whitespace')!;
      await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
      await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
      const library = '@huggingface/transformers';
      await expect(loadTokenizer(folder, { library })).rejects.toThrow(ConfigError);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  const bare = { model: { type: 'BPE' }, pre_tokenizer: null, normalizer: null };
  it.each([
    ['single words', { added_tokens: [{ id: 1, content: 'x', single_word: true }] }],
    ['a prefix', { model: { type: 'BPE', continuing_subword_prefix: '##' } }],
    ['an unknown way', { pre_tokenizer: { type: 'Punctuation', behavior: 'Other' } }],
    [
      'a rest that separates',
      {
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            { type: 'Split', pattern: { String: ' ' }, behavior: 'Contiguous', invert: true },
          ],
        },
      },
    ],
  ])('is refused with %s, which would give other ids', (_, parts) => {
    expect(() => withPythonRules({ ...bare, ...parts }, 'here')).toThrow(DataError);
  });
});
