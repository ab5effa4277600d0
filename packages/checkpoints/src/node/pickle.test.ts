import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileFormatError } from '@crossweave/core';
import { loadCheckpoint } from './load-checkpoint';
import { refusePickle } from './pickle';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  ['a zip archive', 'pytorch_model.bin', [0x50, 0x4b, 0x03, 0x04, 0, 0, 8, 8, 0, 0]],
  ['a bare pickle', 'resnet50.pth', [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9]],
  ['a zip archive by another name', 'model.safetensors', [0x50, 0x4b, 0x03, 0x04, 0, 0, 8, 8, 0]],
])('refuses %s, and says how to convert it', async (_, name, bytes) => {
  const path = join(folder, name);
  await writeFile(path, Uint8Array.from(bytes));
  await expect(loadCheckpoint(path)).rejects.toThrow(FileFormatError);
  await expect(loadCheckpoint(path)).rejects.toThrow(
    /PyTorch file.*weights_only=True.*save_file.*'\S+\.safetensors'$/,
  );
});

it('lets a safetensors file pass whose header happens to be as long as a zip’s first bytes', async () => {
  const path = join(folder, 'model.safetensors');
  await writeFile(path, Uint8Array.from([0x50, 0x4b, 0x03, 0x04, 0, 0, 0, 0, 0x7b]));
  await refusePickle(path);
  await writeFile(path, '');
  await refusePickle(path);
  await expect(loadCheckpoint(path)).rejects.toThrow(/too short for a header/);
});
