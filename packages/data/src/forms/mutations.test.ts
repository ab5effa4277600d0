import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { isCrossweaveError } from '@crossweave/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mutateBytes, mutationKey, mutations } from '../mutate.testing';
import { RowJoiner } from '../pairs/samples';
import { openDataset } from './open-dataset';
import { tarEnd, tarOf } from './tar.testing';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-forms-'));
});
afterAll(() => rm(folder, { recursive: true }));

const archive = Buffer.concat([
  tarOf(
    Array.from({ length: 6 }, (_, i) => [
      { name: `d/${i}.png`, content: `picture ${i}` },
      { name: `d/${i}.txt`, content: `caption ${i}` },
      { name: `d/${i}.json`, content: JSON.stringify({ label: i, n: [i, null] }) },
    ]).flat(),
  ),
  tarEnd,
]);
const coco = {
  info: { year: 2017 },
  images: Array.from({ length: 6 }, (_, id) => ({ id, file_name: `${id}.jpg` })),
  annotations: Array.from({ length: 12 }, (_, i) => ({
    id: i,
    image_id: i % 6,
    caption: `c "${i}" é`,
  })),
};
const parquet = JSON.parse(
  readFileSync(new URL('../../fixtures/parquet.json', import.meta.url), 'utf8'),
) as Record<string, string>;

/** A file of each form, and the rows that it has when it is whole. */
const inputs: readonly (readonly [name: string, file: Buffer, rows: number])[] = [
  ['a.tar', archive, 6],
  ['a.tgz', gzipSync(archive), 6],
  ['captions_val.json', Buffer.from(JSON.stringify(coco)), 12],
  ['a.parquet', Buffer.from(parquet['huggingFace']!, 'base64'), 5],
  [
    'results.csv',
    Buffer.from('image_name| comment_number| comment\n1.jpg| 0| A dog .\n2.jpg| 0| b\n'),
    2,
  ],
];

it.each(inputs)(
  'mutated files like %s give rows or say what is wrong, and throw nothing else',
  async (name, input, rows) => {
    const path = join(folder, name);
    const read = async (bytes: Buffer): Promise<number> => {
      await writeFile(path, bytes);
      let count = 0;
      const dataset = await openDataset(path);
      const joiner = new RowJoiner(dataset.name, dataset.folder);
      for await (const row of dataset.rows()) {
        count++;
        joiner.add([row]);
        if ('record' in row) {
          expect(row.record.captions.every((caption) => caption !== '')).toBe(true);
          await row.record.picture?.read();
        } else expect(row.error.code).toBe('data');
      }
      // Every row is in a sample or is a reject.
      const inSamples = joiner.samples().reduce((sum, sample) => sum + sample.rows, 0);
      expect(inSamples + joiner.bad.length).toBe(count);
      return count;
    };
    expect(await read(input)).toBe(rows);
    const outcomes = { whole: 0, errors: 0 };
    const count = mutations(60);
    for (let i = 0; i < count; i++) {
      try {
        await read(mutateBytes(input, mutationKey(name, i)));
        outcomes.whole++;
      } catch (error) {
        if (!isCrossweaveError(error)) throw error;
        outcomes.errors++;
      }
    }
    if (count > 1000) console.info(name, count, outcomes);
    expect(outcomes.whole + outcomes.errors).toBe(count);
    expect(outcomes.errors).toBeGreaterThan(0);
  },
  600_000,
);

it('leaves no rejection behind where hyparquet forgets columns that it has begun to read', async () => {
  const [name, input] = inputs.find(([each]) => each === 'a.parquet')!;
  const path = join(folder, name);
  const left: unknown[] = [];
  const note = (reason: unknown): number => left.push(reason);
  process.on('unhandledRejection', note);
  try {
    // Mutations that did so with hyparquet 1.33.
    for (const index of [8981, 8982, 9020, 9021]) {
      await writeFile(path, mutateBytes(input, mutationKey(name, index)));
      const damage: unknown[] = [];
      try {
        for await (const row of (await openDataset(path)).rows()) {
          if ('error' in row) damage.push(row.error);
        }
      } catch (error) {
        damage.push(error);
      }
      expect(damage.length, `mutation ${index}`).toBeGreaterThan(0);
      expect(damage.every(isCrossweaveError)).toBe(true);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(left).toEqual([]);
});
