import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError, FileFormatError } from '../../errors';
import { openRegular, readCheckpointJson } from './regular-file';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('openRegular', () => {
  it('opens a file, and a link to one', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'text');
    await symlink(path, join(folder, 'link'));
    for (const name of ['file', 'link']) {
      const file = await openRegular(join(folder, name));
      expect(await file.readFile('utf8')).toBe('text');
      await file.close();
    }
  });

  it.skipIf(process.platform === 'win32')(
    'refuses what could wait for ever or never end',
    async () => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      await symlink(pipe, join(folder, 'link'));
      for (const path of [pipe, join(folder, 'link'), '/dev/zero', folder]) {
        await expect(openRegular(path)).rejects.toThrow(/cannot be read; expected a regular file/);
      }
      await expect(openRegular(join(folder, 'none'))).rejects.toThrow(DataError);
      await expect(openRegular(`${folder}\0`)).rejects.toThrow(DataError);
    },
  );
});

describe('readCheckpointJson', () => {
  it.each([
    ['no JSON', '{'],
    ['JSON that is nested too deeply', '['.repeat(1_000_000)],
    ['nothing', ''],
  ])('refuses %s', async (_, text) => {
    const path = join(folder, 'config.json');
    await writeFile(path, text);
    await expect(readCheckpointJson(path)).rejects.toThrow(FileFormatError);
  });

  it('does not read what is too long for a configuration', async () => {
    const path = join(folder, 'config.json');
    await (await open(path, 'w')).close();
    await truncate(path, 2 ** 40);
    await expect(readCheckpointJson(path)).rejects.toThrow(/too long.*got 1099511627776/);
  });
});
