import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DataError } from '../errors';
import { filesBelow, folderEntries } from './folder-entries';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-folder-'));
  await mkdir(join(folder, 'b'));
  for (const name of ['a.txt', 'b/c.txt', '.hidden', '._a.txt', 'Thumbs.db']) {
    await writeFile(join(folder, name), name);
  }
});
afterEach(() => rm(folder, { recursive: true }));

async function filesOf(root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of filesBelow(root)) found.push(path.slice(root.length + 1));
  return found;
}

it('takes links for what they point to, and passes over what systems leave', async () => {
  await symlink(join(folder, 'a.txt'), join(folder, 'd.txt'));
  await symlink(join(folder, 'b'), join(folder, 'e'));
  await symlink(join(folder, 'nowhere'), join(folder, 'f.txt'));
  const entries = await folderEntries(folder);
  expect(entries.map(({ name, isFolder }) => [name, isFolder])).toEqual([
    ['a.txt', false],
    ['b', true],
    ['d.txt', false],
    ['e', true],
    ['f.txt', false],
  ]);
  expect(await filesOf(folder)).toEqual(['a.txt', 'b/c.txt', 'd.txt', 'e/c.txt', 'f.txt']);
});

it('enters a folder that lies within itself once', async () => {
  await symlink(folder, join(folder, 'b', 'again'));
  expect(await filesOf(folder)).toEqual(['a.txt', 'b/c.txt']);
});

it('says which folder cannot be read', async () => {
  await expect(folderEntries(join(folder, 'none'))).rejects.toThrow(DataError);
  await expect(filesOf(join(folder, 'a.txt'))).rejects.toThrow(/cannot be read.*a\.txt/s);
});

it('stops at a signal', async () => {
  const stopped = AbortSignal.abort(new Error('enough'));
  await expect(filesBelow(folder, stopped).next()).rejects.toThrow('enough');
});
