import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import type { Row } from '../records/record';
import { openDataset, type OpenDatasetOptions } from './open-dataset';

const files = JSON.parse(
  readFileSync(new URL('../../fixtures/parquet.json', import.meta.url), 'utf8'),
) as Record<'huggingFace' | 'plain' | 'paths' | 'classes' | 'classLists' | 'twoColumns', string>;

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

const write = (name: string, file: keyof typeof files): Promise<string> =>
  folder.write(name, Buffer.from(files[file], 'base64'));

async function rows(path: string | string[], options?: OpenDatasetOptions): Promise<Row[]> {
  const read: Row[] = [];
  for await (const row of (await openDataset(path, options)).rows()) read.push(row);
  return read;
}

/** The first value of a row's picture. */
async function red(row: Row | undefined): Promise<number | undefined> {
  if (row === undefined || !('record' in row)) return undefined;
  const file = await row.record.picture!.read();
  return (await sharp(file).raw().toBuffer())[0];
}

describe('Parquet', () => {
  it('has pictures as bytes beside a path, lists of captions, and names of classes', async () => {
    const path = await write('train-00000-of-00001.parquet', 'huggingFace');
    const read = await rows(path);
    expect(read.slice(0, 3)).toMatchObject([
      { record: { captions: ['one', 'uno'], labels: ['cat', 'cat'], split: 'train' } },
      { record: { captions: ['two'], labels: ['dog'] } },
      { record: { captions: ['three'] } },
    ]);
    expect(await Promise.all(read.slice(0, 3).map(red))).toEqual([50, 51, 52]);
    const where = 'train-00000-of-00001.parquet (row';
    expect(read.slice(3)).toMatchObject([{ where: `${where} 4)` }, { where: `${where} 5)` }]);
    expect(read.slice(3).every((row) => 'error' in row)).toBe(true);
    await expect(rows([path, path])).rejects.toThrow(/named twice/);
  });

  it('has pictures as bytes, texts without a mark and large numbers', async () => {
    const path = await write('a.parquet', 'plain');
    const read = await rows(path, { columns: { image: 'jpg', caption: 'txt' } });
    expect(read).toMatchObject([
      { record: { id: '1', captions: ['a'] } },
      { record: { id: String(2n ** 60n), captions: ['é'] } },
      { line: 3 },
    ]);
    expect(await red(read[1])).toBe(61);
    expect(read[2] && 'error' in read[2] && read[2].error.message).toMatch(/\(row 3\).*caption/);
    await expect(rows(path)).resolves.toMatchObject([{ error: { code: 'data' } }, {}, {}]);
  });

  it('knows which classes are not known, which are none, and lists of classes', async () => {
    const read = await rows(await write('a.parquet', 'classes'));
    expect(read).toMatchObject([{ record: { labels: ['dog'] } }, {}, { line: 3 }, {}]);
    expect(read[1]).not.toHaveProperty('record.labels');
    expect(read[2] && 'error' in read[2] && read[2].error.message).toMatch(
      /row 3\): "label" is the number of no class; expected one of 0 to 1/,
    );
    const lists = await rows(await write('b.parquet', 'classLists'));
    expect(lists).toMatchObject([
      { record: { labels: [['cat', 'dog']] } },
      { record: { labels: [[]] } },
      { error: { code: 'data' } },
    ]);
  });

  it('is refused where two columns have one name that is read', async () => {
    const path = await write('a.parquet', 'twoColumns');
    await expect(rows(path)).rejects.toThrow(/two columns are called "caption"/);
  });

  it('tells files of one name apart, whose rows would else be one sample', async () => {
    const files: string[] = [];
    for (const place of ['train', 'test']) {
      await mkdir(join(folder.path, place));
      files.push(await write(`${place}/0000.parquet`, 'huggingFace'));
    }
    const read = await rows(files);
    expect(read.flatMap((row) => ('record' in row ? [row.record] : []))).toMatchObject([
      ...['(row 1)', '(row 2)', '(row 3)'].map((row) => ({
        id: `train/0000.parquet ${row}`,
        split: 'train',
      })),
      { id: 'test/0000.parquet (row 1)', split: 'test' },
      {},
      {},
    ]);
  });

  it('has paths of pictures', async () => {
    const path = await write('a.parquet', 'paths');
    const dataset = await openDataset(path, { images: '/pictures' });
    expect(dataset.folder).toBe('/pictures');
    expect(await rows(path, { columns: { label: 'score' } })).toMatchObject([
      { record: { image: 'a.png', labels: [0.5] } },
      { record: { image: 'b.png', labels: [1.5] } },
    ]);
  });

  it('that is damaged is an error', async () => {
    const whole = Buffer.from(files.huggingFace, 'base64');
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 40, 400);
    for (const bytes of [
      whole.subarray(0, 100),
      whole.subarray(0, -9),
      Buffer.alloc(50),
      damaged,
    ]) {
      const path = await folder.write('bad.parquet', bytes);
      await expect(rows(path)).rejects.toThrow(DataError);
    }
  });
});
