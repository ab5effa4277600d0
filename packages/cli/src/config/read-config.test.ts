import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readGiven } from './read-config';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['{"seed": 1,}', 'the file is not JSON'],
  ['', 'the file is not JSON'],
  ['{"training": {"steps": 2, "steps": 3}}', 'the config has the key "training.steps" twice'],
])('a config file %j is a bad config', async (content, message) => {
  const config = join(folder, 'config.json');
  await writeFile(config, content);
  const reading = readGiven('test', { config }, {});
  await expect(reading).rejects.toBeInstanceOf(ConfigError);
  await expect(reading).rejects.toThrow(message);
});

it('so is one that is missing', async () => {
  const config = join(folder, 'none.json');
  await expect(readGiven('test', { config }, {})).rejects.toBeInstanceOf(ConfigError);
});

it('a byte order mark is not part of it', async () => {
  const config = join(folder, 'mark.json');
  await writeFile(config, '\ufeff{"seed": 1}');
  expect((await readGiven('test', { config }, {})).config).toEqual({ seed: 1 });
});
