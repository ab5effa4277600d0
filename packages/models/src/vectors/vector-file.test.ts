import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory, zeros } from '@tensorflow/tfjs-core';
import { ConfigError, FileFormatError } from '@crossweave/core';
import { saveSafetensors } from '@crossweave/checkpoints/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadVectors, saveVectors, type VectorSet } from './vector-file';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

const set: VectorSet = {
  ids: ['a/1.png', 'ä "2"\n.png', ''],
  embeddings: { rows: 3, dim: 2, values: Float32Array.from([1, 2, 3, 4, 5, -6]) },
  model: 'sha256:00',
};

it('keeps vectors, ids and model in safetensors', async () => {
  const before = memory().numTensors;
  const path = join(folder, 'v.safetensors');
  const good = { ...set, ids: ['a/1.png', 'ä "2"\n.png', 'c'] };
  expect(await saveVectors(path, good)).toEqual([path]);
  expect(await loadVectors(path)).toEqual(good);
  expect(memory().numTensors).toBe(before);
});

it('writes NumPy’s format, with the ids a line each', async () => {
  const path = join(folder, 'v.npy');
  expect(await saveVectors(path, set)).toEqual([path, `${path}.ids.txt`]);
  const bytes = await readFile(path);
  const header = bytes.readUInt16LE(8);
  expect((10 + header) % 64).toBe(0);
  expect(bytes.toString('latin1', 10, 10 + header)).toMatch(
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 2\), \} *\n$/,
  );
  expect(bytes.readFloatLE(10 + header + 5 * 4)).toBe(-6);
  expect(bytes.length).toBe(10 + header + 24);
  expect(await readFile(`${path}.ids.txt`, 'utf8')).toBe('a/1.png\nä "2" .png\n\n');
});

it('refuses what is no such file', async () => {
  await expect(saveVectors(join(folder, 'v.json'), set)).rejects.toThrow(ConfigError);
  const short = saveVectors(join(folder, 'v.npy'), { ...set, ids: ['a'] });
  await expect(short).rejects.toThrow(/ids are not one a row.*expected 3; got 1/);
  const other = join(folder, 'w.safetensors');
  const tensor = zeros([2, 2]);
  await saveSafetensors(other, { embeddings: tensor }, { ids: '["a"]', model: 'm' });
  await expect(loadVectors(other)).rejects.toThrow(FileFormatError);
  await saveSafetensors(other, { embeddings: tensor });
  await expect(loadVectors(other)).rejects.toThrow(/holds no vectors/);
  tensor.dispose();
});
