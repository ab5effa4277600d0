import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DataError, FileFormatError } from '@crossweave/core';
import { fileInside, isPlainName } from './file-inside';

let root = '';
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'crossweave-')));
});
afterEach(() => rm(root, { recursive: true }));

/** A folder with a link `x` to `to`, or a file where none is given. */
async function folderWith(path: string, to?: string): Promise<string> {
  const folder = join(root, path);
  await mkdir(folder, { recursive: true });
  if (to === undefined) await writeFile(join(folder, 'x'), '');
  else await symlink(to, join(folder, 'x'));
  return folder;
}

it('follows links within the folder, and to the folder', async () => {
  const folder = await folderWith('model');
  expect(await fileInside(folder, 'x')).toBe(join(folder, 'x'));
  await symlink('x', join(folder, 'y'));
  expect(await fileInside(folder, 'y')).toBe(join(folder, 'x'));
  await symlink(folder, join(root, 'alias'));
  expect(await fileInside(join(root, 'alias'), 'y')).toBe(join(folder, 'x'));
});

it.each([
  ['beside the folder', '../secret'],
  ['in a folder whose name begins alike', '../model-2/x'],
  ['by an absolute path', '/etc/hostname'],
  ['to the folder itself', '.'],
])('refuses a link that leads out: %s', async (_, to) => {
  await writeFile(join(root, 'secret'), '');
  await folderWith('model-2');
  const folder = await folderWith('model', to);
  await expect(fileInside(folder, 'x')).rejects.toThrow(FileFormatError);
  await expect(fileInside(folder, 'x')).rejects.toThrow(
    /out of its folder.*name that file instead/,
  );
});

it('lets the files of a hub cache lead to its blobs, and no further', async () => {
  const model = 'hub/models--org--name';
  const blobs = await folderWith(`${model}/blobs`);
  const snapshot = await folderWith(`${model}/snapshots/c0ffee`, '../../blobs/x');
  expect(await fileInside(snapshot, 'x')).toBe(join(blobs, 'x'));
  await folderWith('hub/models--org--other/blobs');
  const other = await folderWith(`${model}/snapshots/bad`, '../../../models--org--other/blobs/x');
  await expect(fileInside(other, 'x')).rejects.toThrow(FileFormatError);
});

it('says what is missing, and what leads in a circle', async () => {
  const folder = await folderWith('model', 'x');
  await expect(fileInside(folder, 'none')).rejects.toThrow(DataError);
  await expect(fileInside(folder, 'x')).rejects.toThrow(/ELOOP/);
});

it('knows plain names', () => {
  for (const name of ['model-00001-of-00002.safetensors', 'a b+c@d.x', '1']) {
    expect(isPlainName(name)).toBe(true);
  }
  for (const name of [
    '',
    '.',
    '..',
    '.x',
    'a/b',
    'a\\b',
    'C:x',
    'a\0',
    'a\n',
    '%2e',
    'x'.repeat(300),
  ]) {
    expect(isPlainName(name)).toBe(false);
  }
});
