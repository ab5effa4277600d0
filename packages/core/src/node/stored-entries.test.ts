import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytesOf, namesIn, pruneByUse } from './stored-entries';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-stored-'));
});
afterEach(() => rm(folder, { recursive: true }));

const failure = (): Error => new Error('unreadable');

it('removes files and folders that were not used for longest', async () => {
  await writeFile(join(folder, 'old'), 'x');
  await mkdir(join(folder, 'older'));
  await writeFile(join(folder, 'older', 'x'), 'x');
  await writeFile(join(folder, 'new'), 'x');
  const entries = ['old', 'older', 'new'].map((name, i) => ({
    path: join(folder, name),
    bytes: 10,
    used: [2, 1, 3][i]!,
  }));
  const { removed, left } = await pruneByUse(entries, 15);
  expect(left.map(({ path }) => path)).toEqual([join(folder, 'new')]);
  expect(bytesOf(removed)).toBe(20);
  expect(await namesIn(folder, failure)).toEqual(['new']);
  await pruneByUse(left, 0);
  expect(await readdir(folder)).toEqual([]);
});

it('finds no names where there is no folder, and says what cannot be read', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(await namesIn(join(folder, 'absent'), failure)).toEqual([]);
  expect(await namesIn(join(folder, 'file', 'below'), failure)).toEqual([]);
  await expect(namesIn('\0', failure)).rejects.toThrow('unreadable');
});
