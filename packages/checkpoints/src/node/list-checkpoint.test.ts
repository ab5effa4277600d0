import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ones, zeros } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileFormatError } from '@crossweave/core';
import { disposeParams } from '@crossweave/core';
import { listCheckpoint } from './list-checkpoint';
import { saveCheckpoint } from './save-checkpoint';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('gives names and shapes of one file and of shards', async () => {
  const params = { 'a.weight': ones([2, 3]), b: zeros([4]) };
  const shapes = { 'a.weight': [2, 3], b: [4] };
  const path = join(folder, 'model.safetensors');
  await saveCheckpoint(path, params);
  expect((await listCheckpoint(path)).shapes).toEqual(shapes);
  disposeParams(params);
});

it('refuses a PyTorch file', async () => {
  const path = join(folder, 'model.bin');
  await writeFile(path, Uint8Array.from([0x80, 2, 0x7d, 0x71, 0, 0x2e, 0, 0, 0, 0]));
  await expect(listCheckpoint(path)).rejects.toThrow(FileFormatError);
});
