import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { assert, constantFrom, property, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer, type LoadTokenizerOptions } from './load';
import { readTokenizer } from './read-tokenizer';

interface Kind {
  readonly tokenizer: { readonly model: { readonly vocab: unknown } };
  readonly config: Record<string, unknown>;
  readonly input_ids: readonly (readonly number[])[];
}

const { texts, kinds } = JSON.parse(
  readFileSync(new URL('../../fixtures/tokenizer-kinds.json', import.meta.url), 'utf8'),
) as { texts: string[]; kinds: Record<string, Kind> };

const libraries: readonly LoadTokenizerOptions['library'][] = [
  undefined,
  '@huggingface/transformers',
  '@xenova/transformers',
];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-kinds-'));
  for (const [name, { tokenizer, config }] of Object.entries(kinds)) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'tokenizer.json'), JSON.stringify(tokenizer));
    await writeFile(join(folder, name, 'tokenizer_config.json'), JSON.stringify(config));
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(Object.entries(kinds))('a tokenizer of the kind %s', (name, { input_ids }) => {
  it.each(libraries)('has by %s the ids of the reference', async (library) => {
    const tokenizer = await loadTokenizer(join(folder, name), { library });
    const whole = (text: string): number[] => [
      ...tokenizer.prefix,
      ...tokenizer.encode(text),
      ...tokenizer.suffix,
    ];
    expect(texts.map(whole)).toEqual(input_ids);
  });

  it('has the same ids and special tokens by every library', async () => {
    const [own, ...others] = await Promise.all(
      libraries.map((library) => loadTokenizer(join(folder, name), { library })),
    );
    for (const other of others) {
      expect(JSON.stringify(other)).toBe(JSON.stringify(own));
    }
    const words = constantFrom('red', 'Cat', "isn't", ' ', '  ', '1', '24', 'é', '東', '.', '🐱');
    assert(
      property(string({ unit: words, maxLength: 12 }), (text) => {
        for (const other of others) expect(other.encode(text)).toEqual(own!.encode(text));
      }),
    );
  });
});

describe('readTokenizer', () => {
  const { tokenizer, config } = Object.values(kinds)[0]!;

  it('pads with the end of text where there is no padding token', () => {
    const idOfPad = (change: object): number | null | undefined =>
      readTokenizer('here', { tokenizer, config: { ...config, ...change } }).pad_token_id;
    expect(idOfPad({})).toBe(0);
    expect(idOfPad({ pad_token: { content: '[SEP]' } })).toBe(3);
    expect(idOfPad({ pad_token: null, eos_token: '[SEP]' })).toBe(3);
    expect(idOfPad({ pad_token: undefined })).toBe(0);
    expect(idOfPad({ pad_token: 'absent' })).toBeUndefined();
  });

  it.each([
    ['no model', { ...tokenizer, model: undefined }],
    ['an unknown model', { ...tokenizer, model: { type: 'Oracle' } }],
    ['an unknown normalizer', { ...tokenizer, normalizer: { type: 'Oracle' } }],
    ['added tokens that are none', { ...tokenizer, added_tokens: [null] }],
  ])('says that a file with %s is damaged', (_, damaged) => {
    expect(() => readTokenizer('/some/folder', { tokenizer: damaged, config })).toThrow(DataError);
    expect(() => readTokenizer('/some/folder', { tokenizer: damaged, config })).toThrow(
      /^\/some\/folder: .*copy/i,
    );
  });

  it('says which text it cannot encode', () => {
    const encode = readTokenizer('here', { tokenizer, config });
    const options = { add_special_tokens: false, return_tensor: false } as const;
    expect(() => encode('\ud800', options)).toThrow(/cannot encode a text; got half of a pair/);
  });
});
