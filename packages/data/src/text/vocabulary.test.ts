import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { assert, asyncProperty, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from './load';
import { buildVocabulary, makeVocabulary, writeBertTokenizer } from './vocabulary';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-vocabulary-'));
});
afterAll(() => rm(folder, { recursive: true }));

testOptions('makeVocabulary', (options) => makeVocabulary(['a'], options), { describe, it });
testOptions(
  'buildVocabulary',
  (options) => buildVocabulary(['a'], options),
  { describe, it },
  {
    required: { out: 'nowhere' },
    anyText: ['out'],
  },
);

describe('buildVocabulary', () => {
  it('orders words by how often they occur, equals by code unit', async () => {
    const out = join(folder, 'order');
    const vocabulary = await buildVocabulary(['b a', 'B, c', '2 1'], { out });
    expect(vocabulary).toEqual([
      '[PAD]',
      '[UNK]',
      '[CLS]',
      '[SEP]',
      '[MASK]',
      'b',
      ',',
      '1',
      '2',
      'a',
      'c',
    ]);
    const { model } = JSON.parse(await readFile(join(out, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number> };
    };
    expect(vocabulary.every((token, id) => model.vocab[token] === id)).toBe(true);
  });

  it('leaves out rare words', async () => {
    const out = join(folder, 'rare');
    expect(await buildVocabulary(['a a a b b c'], { out, maxSize: 7 })).toHaveLength(7);
    expect(await buildVocabulary(['a a a b b c'], { out, minCount: 3 })).toEqual([
      '[PAD]',
      '[UNK]',
      '[CLS]',
      '[SEP]',
      '[MASK]',
      'a',
    ]);
  });

  it('makes a tokenizer that knows every word of its captions', async () => {
    const out = join(folder, 'any');
    const text = string({ unit: 'binary', maxLength: 12 });
    await assert(
      asyncProperty(text, async (caption) => {
        await buildVocabulary([`a ${caption}`], { out });
        const tokenizer = await loadTokenizer(out);
        expect(tokenizer.encode(`a ${caption}`)).not.toContain(1);
      }),
      { numRuns: 60, examples: [['constructor __proto__'], ['中文 \u{20000}'], ['İ ß']] },
    );
  });

  it('says that its folder cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(buildVocabulary(['a'], { out: file })).rejects.toThrow(
      /file: the folder .*cannot be made/,
    );
    await expect(buildVocabulary(['a'], { out: join(file, 'x') })).rejects.toBeInstanceOf(
      DataError,
    );
  });

  it('refuses one text alone, which would be taken for its letters, and entries that are none', () => {
    expect(() => makeVocabulary('a red shoe')).toThrow(/no list of texts.* got one text/);
    expect(() => makeVocabulary(['a', 1 as never])).toThrow(/an entry that is no text/);
  });

  it('refuses captions without words and sizes that are none', async () => {
    const out = join(folder, 'none');
    await expect(buildVocabulary([' ', ''], { out })).rejects.toBeInstanceOf(DataError);
    await expect(buildVocabulary(['a'], { out, maxSize: 5 })).rejects.toBeInstanceOf(ConfigError);
    await expect(buildVocabulary(['a'], { out, minCount: 0 })).rejects.toBeInstanceOf(ConfigError);
  });
});

describe('writeBertTokenizer', () => {
  it('refuses a vocabulary without special tokens or with repetitions', async () => {
    await expect(writeBertTokenizer(['a', '[PAD]'], folder)).rejects.toThrow('no [UNK] [CLS]');
    const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
    await expect(writeBertTokenizer([...special, 'a', 'a'], folder)).rejects.toThrow('twice');
  });
});
