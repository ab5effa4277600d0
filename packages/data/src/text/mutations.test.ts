import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCrossweaveError } from '@crossweave/core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { mutateBytes, mutateJson, mutationKey, mutations } from '../mutate.testing';
import { tokenizerFiles } from './files';
import { loadTokenizer } from './load';
import { buildVocabulary } from './vocabulary';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-tokenizers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const captions = ['a red circle left of a blue star', 'two dogs, at play', 'café 中文'];

it.each([undefined, '@huggingface/transformers', '@xenova/transformers'] as const)(
  'mutated tokenizers are read with ids of their vocabulary or refused, by %s',
  async (library) => {
    // The libraries tell of unknown classes on the console.
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const good = join(folder, 'good');
    await buildVocabulary(captions, { out: good });
    const files = await Promise.all(tokenizerFiles.map((name) => readFile(join(good, name))));
    const outcomes = { read: 0, refused: 0 };
    const count = mutations(60);
    for (let i = 0; i < count; i++) {
      const at = mutationKey(String(library), i);
      const changed = i % 4 === 0 ? 1 : 0;
      const bytes = files[changed]!;
      const mutated =
        i % 3 === 0
          ? mutateBytes(bytes, at)
          : Buffer.from(JSON.stringify(mutateJson(JSON.parse(bytes.toString()), at)) ?? '');
      for (const [at, name] of tokenizerFiles.entries()) {
        await writeFile(join(folder, name), at === changed ? mutated : files[at]!);
      }
      try {
        const tokenizer = await loadTokenizer(folder, { library });
        outcomes.read++;
        for (const text of [...captions, '', '\u200b', 'unknown [CLS]', 'x'.repeat(300)]) {
          for (const id of tokenizer.encode(text)) {
            expect(Number.isInteger(id) && id >= 0 && id < tokenizer.vocabularySize).toBe(true);
          }
        }
        expect(tokenizer.vocabularySize).toBeLessThan(2000);
      } catch (error) {
        if (!isCrossweaveError(error)) throw error;
        outcomes.refused++;
      }
    }
    if (count > 1000) console.info(library, count, outcomes);
    expect(outcomes.read).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  },
  600_000,
);
