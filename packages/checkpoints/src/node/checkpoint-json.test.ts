import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileFormatError } from '@crossweave/core';
import { readCheckpointJson } from './checkpoint-json';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

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
