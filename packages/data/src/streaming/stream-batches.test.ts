import { ConfigError, DataError, disposeBatch, key, type BatchSource } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagenetPreprocessing } from '../image/preprocessing';
import { letters, testFolder, type TestFolder } from '../pairs/folder.testing';
import { streamBatches } from './stream-batches';
import { streamPairs } from './stream-pairs';

let folder: TestFolder;
let captions: string;
beforeAll(async () => {
  folder = await testFolder();
  await folder.picture('a.png', 90);
  const rows = Array.from({ length: 11 }, (_, i) => ({ id: `${i}`, image: 'a.png', caption: 'a' }));
  captions = await folder.captions(
    rows.map((row, i) => ({ ...row, image: i > 0 ? 'a.png' : 'b' })),
  );
});
afterAll(() => folder.remove());

/** Ten good rows, five batches a pass. */
async function source(batchesPerEpoch: number, batchSize = 2): Promise<BatchSource> {
  const stream = await streamPairs({
    ...{ source: captions, tokenizer: letters, batchSize, key: key(1), workers: 0 },
    preprocessing: { ...imagenetPreprocessing, size: 4, resizeTo: 4 },
    maxRejects: 0.1,
  });
  return streamBatches(stream, { batchesPerEpoch });
}

type Shown = { readonly ids: readonly string[]; readonly position: unknown };

/** `count` batches, epoch after epoch, as `train` takes them. */
async function shown(
  batches: BatchSource,
  count: number,
  first = 0,
  position?: unknown,
): Promise<Shown[]> {
  const all: Shown[] = [];
  let after = position;
  while (all.length < count) {
    const done = first + all.length;
    const [epoch, from] = [
      Math.floor(done / batches.batchesPerEpoch),
      done % batches.batchesPerEpoch,
    ];
    for await (const batch of batches.batches(epoch, from, after)) {
      after = JSON.parse(JSON.stringify(batch.position)) as unknown;
      all.push({ ids: batch.ids, position: after });
      disposeBatch(batch);
      if (all.length === count) break;
    }
  }
  return all;
}

testOptions(
  'streamBatches',
  async (options: object) =>
    streamBatches(
      await streamPairs({ source: captions, tokenizer: letters, batchSize: 2, key: key(1) }),
      { batchesPerEpoch: 1, ...options },
    ),
  { describe, it },
);

describe('streamBatches', () => {
  it('goes through pass after pass, wherever epochs of training end', async () => {
    const all = await shown(await source(3), 12);
    const ids = (from: number, to: number): string[] => all.slice(from, to).flatMap((b) => b.ids);
    const every = Array.from({ length: 10 }, (_, i) => String(i + 1)).sort();
    expect(ids(0, 5).sort()).toEqual(every);
    expect(ids(5, 10).sort()).toEqual(every);
    expect(ids(5, 10)).not.toEqual(ids(0, 5));
    expect(await shown(await source(100), 12)).toEqual(all);
  });

  it('goes on after any batch as if it had not stopped', async () => {
    const all = await shown(await source(3), 12);
    for (const at of [1, 3, 4, 5, 6, 11]) {
      const rest = await shown(await source(3), 12 - at, at, all[at - 1]!.position);
      expect(rest).toEqual(all.slice(at));
    }
  });

  it('refuses to begin where it cannot know the samples before', async () => {
    await expect(shown(await source(3), 1, 1)).rejects.toThrow(ConfigError);
    await expect(shown(await source(3), 1, 1, { row: 1 })).rejects.toThrow(/position/);
    await expect(shown(await source(3, 11), 1)).rejects.toThrow(DataError);
  });
});
