import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../errors';
import { readBytes, readJson } from './files';
import { openRegular } from './regular-file';

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
        for (const read of [openRegular, readBytes, readJson]) {
          await expect(read(path)).rejects.toThrow(/cannot be read; expected a regular file/);
        }
      }
      await expect(openRegular(join(folder, 'none'))).rejects.toThrow(DataError);
      await expect(openRegular(`${folder}\0`)).rejects.toThrow(DataError);
    },
  );
});
