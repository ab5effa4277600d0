import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackZip } from './zip';
import { writeZip } from './zip.testing';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-zip-'));
});
afterEach(() => rm(folder, { recursive: true }));

const all = (): boolean => true;
const never = new AbortController().signal;

describe('unpackZip', () => {
  it('unpacks deflated, stored and empty files, and only those that are wanted', async () => {
    const archive = join(folder, 'a.whl');
    const long = 'the same again '.repeat(10_000);
    const files = { 'a/long.txt': long, 'a/stored': 'as it is', 'a/empty': '', 'b/other': 'no' };
    await writeZip(archive, files, ['a/stored']);
    const out = join(folder, 'out');
    const names = await unpackZip(archive, out, (name) => name.startsWith('a/'), never);
    expect(names).toEqual(['a/long.txt', 'a/stored', 'a/empty']);
    expect(await readdir(out)).toEqual(['a']);
    for (const name of names) {
      expect(await readFile(join(out, name), 'utf8')).toBe(files[name as keyof typeof files]);
    }
  });

  it('refuses what is no archive, and one that is cut off', async () => {
    const archive = join(folder, 'a.whl');
    await writeFile(archive, 'a page that says not found');
    await expect(unpackZip(archive, folder, all, never)).rejects.toThrow(FileFormatError);
    await expect(unpackZip(archive, folder, all, never)).rejects.toThrow(
      /End of central directory/,
    );

    await writeZip(archive, { 'a.txt': 'x'.repeat(1000) });
    const bytes = await readFile(archive);
    await writeFile(archive, bytes.subarray(20));
    await expect(unpackZip(archive, folder, all, never)).rejects.toThrow(FileFormatError);
  });

  it('refuses damaged content and tells the file', async () => {
    const archive = join(folder, 'a.whl');
    await writeZip(archive, { 'a.txt': 'x'.repeat(1000) });
    const bytes = await readFile(archive);
    bytes.fill(0xff, 35, 40);
    await writeFile(archive, bytes);
    await expect(unpackZip(archive, join(folder, 'out'), all, never)).rejects.toThrow(/a\.txt/);
  });

  it('writes nothing outside its folder', async () => {
    const archive = join(folder, 'a.whl');
    await writeZip(archive, { '../outside': 'x' });
    await expect(unpackZip(archive, join(folder, 'out'), all, never)).rejects.toThrow(
      /invalid relative path|leads out/,
    );
    expect(await readdir(folder)).toEqual(['a.whl']);
  });
});
