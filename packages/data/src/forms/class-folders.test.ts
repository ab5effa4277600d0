import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import { errors, png, records, reds, rows, writeInto } from './dataset.testing';
import { openDataset } from './open-dataset';
import { tarEnd, tarOf } from './tar.testing';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

const write = (name: string, content: string | Uint8Array): Promise<string> =>
  writeInto(folder, name, content);

describe('class folders', () => {
  it('become captions and labels, by split where the folders are splits', async () => {
    const names = ['train/red_fox/b.png', 'train/red_fox/a.PNG', 'val/cat/sub/c.png'];
    for (const [i, name] of names.entries()) await write(name, await png(7 + i));
    await write('train/.DS_Store', '');
    await write('train/cat/notes.txt', '');
    const read = await rows(folder.path);
    expect(errors(read)).toEqual([
      expect.stringContaining('train/cat/notes.txt: the file is no image'),
    ]);
    expect(records(read.filter((row) => 'record' in row))).toMatchObject([
      { id: 'train/red_fox/a.PNG', captions: ['a photo of a red fox'], labels: ['red_fox'] },
      { id: 'train/red_fox/b.png', split: 'train' },
      { id: 'val/cat/sub/c.png', split: 'val', labels: ['cat'] },
    ]);
    const only = await rows(join(folder.path, 'train'), { text: 'one {class} ({label})' });
    expect(only.flatMap((row) => ('record' in row ? row.record.captions : []))).toEqual([
      'one red fox (red_fox)',
      'one red fox (red_fox)',
    ]);
    await expect(openDataset(folder.path, { columns: { image: 'x' } })).rejects.toThrow(
      ConfigError,
    );
    expect(await reds(folder.path, 'val')).toEqual({ 'val/cat/sub/c.png': 9 });
  });

  it.each([
    ['train/cat/a.png', 'notes/readme.png'],
    ['images/train/cat/a.png', 'images/val/cat/b.png'],
    ['train2017/cat/a.png', 'val2017/cat/b.png'],
    ['cat/train/a.png', 'cat/test/b.png'],
  ])(
    'are refused where splits would be read as classes, or not at all: %s, %s',
    async (...names) => {
      for (const name of names) await write(name, await png(7));
      await expect(rows(folder.path)).rejects.toThrow(/the folder "\w+" seems to be a split/);
    },
  );

  it('may have a class that is called as a split', async () => {
    for (const name of ['train/a.png', 'car/b.png']) await write(name, await png(7));
    expect(records(await rows(folder.path)).map(({ labels }) => labels)).toEqual([
      ['car'],
      ['train'],
    ]);
  });

  it('may be links, as may their pictures', async () => {
    await write('elsewhere/cat/a.png', await png(7));
    await write('set/dog/b.png', await png(8));
    await symlink(join(folder.path, 'elsewhere/cat'), join(folder.path, 'set/cat'));
    await symlink(join(folder.path, 'elsewhere/cat/a.png'), join(folder.path, 'set/dog/c.png'));
    await symlink(join(folder.path, 'gone.png'), join(folder.path, 'set/dog/d.png'));
    const read = records(await rows(join(folder.path, 'set')));
    expect(read.map(({ id }) => id)).toEqual(['cat/a.png', 'dog/b.png', 'dog/c.png', 'dog/d.png']);
    await expect(reds(join(folder.path, 'set'))).rejects.toThrow(/dog\/d\.png/);
  });
});

describe('a folder of files that are links', () => {
  it('is read whole, as the caches of the hub hold it', async () => {
    for (const name of ['blobs/1', 'blobs/2']) {
      const shard = tarOf([
        { name: `${name.slice(-1)}.png`, content: await png(9) },
        { name: `${name.slice(-1)}.txt`, content: 'a caption' },
      ]);
      await write(name, Buffer.concat([shard, tarEnd]));
    }
    await mkdir(join(folder.path, 'set'));
    await symlink('../blobs/1', join(folder.path, 'set/train-0.tar'));
    await symlink('../blobs/2', join(folder.path, 'set/train-1.tar'));
    await write('set/._train-0.tar', 'what macOS leaves');
    const ids = records(await rows(join(folder.path, 'set'))).map(({ id }) => id);
    expect(ids).toEqual(['train-0/1', 'train-1/2']);
  });
});
