import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeWhole } from './write';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'write-'));
});
afterAll(() => rm(root, { recursive: true }));

it('writes text and bytes, replaces what was there, makes folders, leaves no temporary file', async () => {
  const path = join(root, 'a', 'b', 'file');
  await writeWhole(path, 'longer text');
  await writeWhole(path, new Uint8Array([104, 105]));
  expect(await readFile(path, 'utf8')).toBe('hi');
  expect(await readdir(join(root, 'a', 'b'))).toEqual(['file']);
});
