import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { env as huggingface } from '@huggingface/transformers';
import { env as xenova } from '@xenova/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from './load';
import { buildVocabulary, makeVocabulary, vocabularyTokenizer } from './vocabulary';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ['@xenova/transformers', xenova],
  ['@huggingface/transformers', huggingface],
] as const)('loadTokenizer with %s', (library, env) => {
  it('reads folders anywhere, several at once, and leaves the library as it was', async () => {
    const settings = { ...env };
    const outs = ['x', 'y'].map((name) => join(folder, library, name, 'tokenizer'));
    for (const [i, out] of outs.entries()) {
      await buildVocabulary([i === 0 ? 'one' : 'one two two'], { out });
    }
    const [x, y] = await Promise.all(outs.map((out) => loadTokenizer(out, { library })));
    expect([x?.vocabularySize, y?.vocabularySize]).toEqual([6, 7]);
    expect([x?.encode('one'), y?.encode('one')]).toEqual([[5], [6]]);
    expect(x).toMatchObject({ name: 'tokenizer', padId: 0, prefix: [2], suffix: [3] });
    expect(x).toMatchObject({ unknownId: 1, endId: 3 });
    expect(x?.fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(y?.fingerprint).not.toBe(x?.fingerprint);
    expect({ ...env }).toEqual(settings);
  });

  it('gives a vocabulary in memory the ids and the fingerprint of the written one', async () => {
    const captions = ['a red circle', 'a blue circle, round'];
    const out = join(folder, library, 'written');
    await buildVocabulary(captions, { out });
    const written = await loadTokenizer(out, { library });
    const tokenizer = vocabularyTokenizer(makeVocabulary(captions));
    const { fingerprint, vocabularySize, padId, unknownId, endId, prefix, suffix } = written;
    const facts = { fingerprint, vocabularySize, padId, unknownId, endId, prefix, suffix };
    expect(tokenizer).toMatchObject(facts);
    for (const text of ['A circle, red', 'blue unknown', '', 'c\u00edrcle\u200b']) {
      expect(tokenizer.encode(text)).toEqual(written.encode(text));
    }
  });
});

it('is refused to a library that gives it other ids than Python', async () => {
  const out = join(folder, 'words');
  await mkdir(out);
  const vocab = { '<unk>': 0, café: 1, caf: 2 };
  const tokenizer = {
    version: '1.0',
    ...{ added_tokens: [], normalizer: null, post_processor: null, decoder: null },
    pre_tokenizer: { type: 'Whitespace' },
    model: { type: 'WordPiece', unk_token: '<unk>', continuing_subword_prefix: '##', vocab },
  };
  await writeFile(join(out, 'tokenizer.json'), JSON.stringify(tokenizer));
  const config = { unk_token: '<unk>', pad_token: '<unk>', tokenizer_class: 'BertTokenizer' };
  await writeFile(join(out, 'tokenizer_config.json'), JSON.stringify(config));
  expect((await loadTokenizer(out)).encode('café')).toEqual([1]);
  const refused = loadTokenizer(out, { library: '@huggingface/transformers' });
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(/other ids than the one of Python.*Leave the option/);
});

testOptions('loadTokenizer', (options) => loadTokenizer('nowhere', options), { describe, it });
it('says what a folder lacks', async () => {
  const failure = loadTokenizer(join(folder, 'nowhere'));
  await expect(failure).rejects.toBeInstanceOf(DataError);
  await expect(failure).rejects.toThrow(/nowhere.*buildVocabulary/);
  const damaged = join(folder, 'damaged');
  await mkdir(damaged);
  await writeFile(join(damaged, 'tokenizer_config.json'), '{');
  await expect(loadTokenizer(damaged)).rejects.toBeInstanceOf(DataError);
});
