import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captionsFingerprint, vocabularySource } from './source';
import { buildVocabulary, writeBertTokenizer } from './vocabulary';

let out = '';
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'crossweave-source-'));
});
afterEach(() => rm(out, { recursive: true }));

it('captionsFingerprint tells captions and their order apart', () => {
  const all = [['a', 'b'], ['b', 'a'], ['ab'], ['a\nb'], ['a'], []].map((captions) =>
    captionsFingerprint(captions),
  );
  expect(new Set(all).size).toBe(all.length);
  expect(captionsFingerprint(new Set(['a', 'b']))).toBe(all[0]);
  expect(all[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
});

describe('vocabularySource', () => {
  it('knows the captions that a vocabulary was made of', async () => {
    const captions = ['one two', 'two three'];
    await buildVocabulary(captions, { out });
    expect(await vocabularySource(out)).toBe(captionsFingerprint(captions));
    await buildVocabulary(['other'], { out });
    expect(await vocabularySource(out)).toBe(captionsFingerprint(['other']));
  });

  it('knows nothing of a tokenizer from elsewhere, put in its place too', async () => {
    await buildVocabulary(['one'], { out });
    await writeBertTokenizer(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'x'], out);
    expect(await vocabularySource(out)).toBeUndefined();
    await rm(join(out, 'crossweave.json'));
    expect(await vocabularySource(out)).toBeUndefined();
  });

  it('refuses a folder without a tokenizer, and a damaged record', async () => {
    await expect(vocabularySource(join(out, 'none'))).rejects.toBeInstanceOf(DataError);
    await buildVocabulary(['one'], { out });
    const file = join(out, 'crossweave.json');
    const text = await readFile(file, 'utf8');
    for (const damaged of ['', '{', '[]', '{"vocabulary":{}}', text.replace('captions', 'x')]) {
      await writeFile(file, damaged);
      await expect(vocabularySource(out)).rejects.toThrow(/crossweave\.json: the record of what/);
    }
  });
});
