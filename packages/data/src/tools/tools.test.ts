import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '../forms/open-dataset';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import { RowJoiner } from '../pairs/samples';
import { measureImages } from './measure-images';
import { summariseDataset } from './summary';
import { writeDataset } from './write-dataset';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

const table = `image,question,answer,album,split
a.png,what?,cat,x,train
a.png,how many?,2,x,train
b.png,what?,dog,,train
c.png,what?,cat,,val
c.png,,cat,,val
`;
const columns = { caption: 'question', label: 'answer', group: 'album' };

async function write(): Promise<string> {
  for (const [i, name] of ['a.png', 'b.png', 'c.png'].entries()) await folder.picture(name, 80 * i);
  return folder.write('q.csv', table);
}

/** All samples of a dataset with the bytes of their pictures. */
async function samples(source: string): Promise<object[]> {
  const dataset = await openDataset(source);
  const joiner = new RowJoiner(dataset.name, dataset.folder);
  for await (const part of dataset.parts()) joiner.add(part);
  expect(joiner.bad).toEqual([]);
  return Promise.all(
    joiner.samples().map(async ({ id, split, captions, labels, group, path, picture }) => ({
      ...{ id, split, captions, labels, group },
      file: Buffer.from((await picture?.read()) ?? (await readFile(path))).toString('base64'),
    })),
  );
}

testOptions(
  'writeDataset',
  (options) => writeDataset([], options),
  { describe, it },
  { required: { out: 'nowhere', as: 'jsonl' }, anyText: ['out', 'images', 'text', 'split'] },
);
testOptions(
  'measureImages',
  (options) => measureImages([], options),
  { describe, it },
  {
    anyText: ['images', 'text', 'split'],
  },
);
testOptions(
  'summariseDataset',
  (options) => summariseDataset([], options),
  { describe, it },
  {
    anyText: ['images', 'text', 'split'],
  },
);

describe('summariseDataset', () => {
  it('names the images whose files are missing', async () => {
    await folder.picture('a.png', 80);
    const source = await folder.write('q.csv', table);
    const { missing } = await summariseDataset(source, { columns });
    expect(missing.count).toBe(2);
    expect(missing.first[0]).toMatch(/b\.png.*missing/);
  });

  it('counts images, captions, labels, groups and rejects', async () => {
    const summary = await summariseDataset(await write(), { columns });
    expect(summary).toMatchObject({ format: 'csv', rows: 5, rejects: { count: 1 } });
    expect(summary.missing).toEqual({ count: 0, first: [] });
    expect(summary.splits).toEqual({
      train: {
        samples: 2,
        captions: 3,
        words: { mean: 4 / 3, most: 2 },
        labelled: 3,
        labels: { distinct: 3, first: { cat: 1, 2: 1, dog: 1 } },
        groups: 1,
      },
      val: {
        samples: 1,
        captions: 1,
        words: { mean: 1, most: 1 },
        labelled: 1,
        labels: { distinct: 1, first: { cat: 1 } },
        groups: 0,
      },
    });
    expect(summary.examples).toHaveLength(3);
  });
});

describe('writeDataset', () => {
  it('says which file the system does not let it write', async () => {
    await folder.picture('a.png', 1);
    const long = 'x'.repeat(300);
    const source = await folder.write('c.csv', `image,caption,split\na.png,c,${long}\n`);
    const out = join(folder.path, 'out');
    await expect(writeDataset(source, { out, as: 'webdataset' })).rejects.toThrow(
      /x-000000\.tar: the file cannot be written; got ENAMETOOLONG/,
    );
    expect(await readdir(out)).toEqual([]);
  });

  it.each(['jsonl', 'webdataset'] as const)('as %s is read as what it was', async (as) => {
    const source = await write();
    const out = join(folder.path, 'out');
    await expect(writeDataset(source, { columns, out, as })).rejects.toThrow(/q\.csv:6/);
    const options = { columns, out, as, policy: 'skip', shardSize: 1 } as const;
    const written = await writeDataset(source, options);
    expect(written).toMatchObject({ rows: 5, samples: 3, rejects: { count: 1 } });
    expect(written.files).toEqual(
      as === 'jsonl'
        ? ['captions.jsonl']
        : ['train-000000.tar', 'train-000001.tar', 'val-000000.tar'],
    );
    const names = await readdir(out);
    expect(names.filter((name) => name.endsWith('.part'))).toEqual([]);
    const picture = async (name: string): Promise<string> =>
      (await readFile(join(folder.path, name))).toString('base64');
    expect(await samples(out)).toEqual([
      {
        id: 'a.png',
        split: 'train',
        captions: ['what?', 'how many?'],
        labels: ['cat', '2'],
        group: 'x',
        file: await picture('a.png'),
      },
      {
        id: 'b.png',
        split: 'train',
        captions: ['what?'],
        labels: ['dog'],
        group: undefined,
        file: await picture('b.png'),
      },
      {
        id: 'c.png',
        split: 'val',
        captions: ['what?'],
        labels: ['cat'],
        group: undefined,
        file: await picture('c.png'),
      },
    ]);
    await expect(writeDataset(source, options)).rejects.toThrow(ConfigError);
  });

  it.each(['jsonl', 'webdataset'] as const)(
    'leaves no unfinished %s behind when it fails',
    async (as) => {
      const source = await write();
      await rm(join(folder.path, 'b.png'));
      const out = join(folder.path, 'out');
      await folder.write('q.csv', table.split('\n').slice(0, 4).join('\n'));
      await expect(writeDataset(source, { columns, out, as })).rejects.toThrow(/b\.png/);
      const names = await readdir(out, { recursive: true });
      expect(names.filter((name) => /\.(part|tmp|jsonl|tar)$/.test(name))).toEqual([]);
    },
  );

  it('counts the rows of images that are missing or none', async () => {
    const source = await write();
    await rm(join(folder.path, 'a.png'));
    await folder.write('b.png', 'text');
    const options = { columns, out: join(folder.path, 'out'), as: 'jsonl' } as const;
    const written = await writeDataset(source, { ...options, policy: 'skip' });
    expect(written).toMatchObject({ samples: 1, rejects: { count: 4 } });
    expect(written.rejects.first.join('\n')).toMatch(
      /q\.csv:2: the image file is missing(.|\n)*b\.png/,
    );
  });
});

describe('measureImages', () => {
  it('tells sizes, formats, and what is there twice', async () => {
    // Waves: at no place is it near to whether it grows brighter.
    const grey = (pixel: number): number => 128 + 100 * Math.sin(0.37 * (pixel % 30) + pixel / 90);
    const waves = Buffer.from(Array.from({ length: 1800 }, (_, i) => grey(Math.floor(i / 3))));
    const image = sharp(waves, { raw: { width: 30, height: 20, channels: 3 } });
    await folder.write('a.png', await image.png().toBuffer());
    await folder.write('same.png', await image.png().toBuffer());
    await folder.write('like.jpg', await image.jpeg({ quality: 100 }).toBuffer());
    await folder.picture('other.png', 9);
    await folder.write('none.png', 'text');
    const rows = [
      ...['a.png', 'same.png', 'other.png'].map((name) => ({ image: name, caption: 'x' })),
      { image: 'like.jpg', caption: 'x', split: 'val' },
      { image: 'none.png', caption: 'x', split: 'val' },
    ];
    const progress: number[] = [];
    const measures = await measureImages(await folder.captions(rows), {
      onProgress: (done) => progress.push(done),
    });
    expect(measures).toMatchObject({
      images: 5,
      unreadable: { count: 1 },
      formats: { png: 3, jpeg: 1 },
      width: [4, 30, 30],
      height: [4, 20, 20],
    });
    expect(measures.duplicates).toEqual([
      { by: 'bytes', splits: ['train'], images: 1, example: ['a.png', 'same.png'] },
      { by: 'look', splits: ['train'], images: 1, example: ['a.png', 'same.png'] },
      { by: 'look', splits: ['train', 'val'], images: 1, example: ['a.png', 'like.jpg'] },
    ]);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
  });
});
