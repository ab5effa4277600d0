import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeBatch, key } from '@crossweave/core';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeScenes } from '../scenes';
import { buildVocabulary } from '../text/vocabulary';
import { pairBatches } from './batches';
import { loadPairs } from './load';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-scenes-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('goes from made scenes to batches with hard negatives', async () => {
  await makeScenes({ count: 24, seed: 7, out: folder, size: 32 });
  const captions = join(folder, 'captions.jsonl');
  const lines = (await readFile(captions, 'utf8')).trim().split('\n');
  const texts = lines.flatMap((line) => (JSON.parse(line) as { captions: string[] }).captions);
  const tokenizer = join(folder, 'tokenizer');
  await buildVocabulary(texts, { out: tokenizer });
  const data = await loadPairs({ captions, tokenizer, imageSize: 32, maxTokens: 24 });
  expect(data.report.rejects).toEqual([]);
  const sizes = Object.values(data.splits).map(({ records }) => records.length);
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(24);

  const before = memory().numTensors;
  const train = pairBatches(data.split('train'), { batchSize: 4, key: key(0), negatives: 3 });
  let seen = 0;
  for await (const batch of train.batches(0)) {
    expect(batch.image.shape).toEqual([4, 32, 32, 3]);
    expect(batch.image.dataSync().every(Number.isFinite)).toBe(true);
    const positive = batch.text.input_ids.arraySync();
    const negative = batch.negatives?.input_ids.arraySync() ?? [];
    expect(negative).toHaveLength(12);
    // Same words in another order, all of them known to the vocabulary.
    negative.forEach((ids, i) => {
      const own = positive[Math.floor(i / 3)] ?? [];
      expect(ids).not.toEqual(own);
      expect([...ids].sort()).toEqual([...own].sort());
      expect(ids).not.toContain(1);
    });
    disposeBatch(batch);
    seen++;
  }
  expect(seen).toBe(train.batchesPerEpoch);
  expect(memory().numTensors).toBe(before);
});
