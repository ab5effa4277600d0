import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRows } from './read';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('readRows', () => {
  it.each([
    ['a.jsonl', '\uFEFF{"image":"a.png","caption":"x"}\n'],
    ['a.CSV', '\uFEFFimage,caption\na.png,x\n'],
    ['a.tsv', 'image\tcaption\na.png\tx\n'],
  ])('chooses the reader of %s by its name', async (name, text) => {
    expect(await readRows(await file(name, text))).toMatchObject([
      { record: { image: 'a.png', captions: ['x'] } },
    ]);
  });

  it('takes a format for any name', async () => {
    const path = await file('captions.txt', 'image,caption\na.png,x\n');
    await expect(readRows(path)).rejects.toBeInstanceOf(ConfigError);
    expect(await readRows(path, { format: 'csv' })).toHaveLength(1);
  });

  it('says that the file is missing', async () => {
    const failure = readRows(join(folder, 'none.jsonl'));
    await expect(failure).rejects.toBeInstanceOf(DataError);
    await expect(failure).rejects.toThrow('none.jsonl: the captions file is missing');
  });

  it.each([
    ['empty.jsonl', ''],
    ['blank.jsonl', '\n \n'],
    ['header.csv', 'image,caption\n'],
  ])('says that %s holds no captions', async (name, text) => {
    await expect(readRows(await file(name, text))).rejects.toThrow('holds no captions');
  });
});
