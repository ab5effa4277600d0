import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { fixture } from './fixtures.testing';

export type Json = Record<string, unknown>;

/** Copies of fixtures that may be changed, in a folder of each test's own. */
export function copiesOfFixtures() {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  return {
    folder: () => folder,
    copyOf: async (name: string): Promise<string> => {
      const path = join(folder, name);
      await cp(fixture(name), path, { recursive: true });
      return path;
    },
  };
}

/** Changes a JSON file. */
export async function change(path: string, how: (config: Json) => void): Promise<void> {
  const config = JSON.parse(await readFile(path, 'utf8')) as Json;
  how(config);
  await writeFile(path, JSON.stringify(config));
}
