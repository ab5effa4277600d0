import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complex, memory, tensor1d, tensor2d, zeros } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyMap } from '../key-map/key-map';
import { ConfigError, StateDictError, disposeParams, type Params } from '@crossweave/core';
import { parseSafetensors } from '../safetensors/safetensors';
import { saveCheckpoint } from './save-checkpoint';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  path = join(folder, 'model.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

it('writes one file with its notes, and takes the place of a sharded one', async () => {
  const params: Params = { b: tensor1d([1, 2]), a: tensor2d([[true], [false]], undefined, 'bool') };
  const before = memory().numTensors;
  expect(await saveCheckpoint(path, params, { metadata: { step: '3' } })).toBe(path);
  expect(memory().numTensors).toBe(before);
  const { tensors, metadata } = parseSafetensors(await readFile(path));
  expect(metadata).toEqual({ format: 'pt', step: '3' });
  expect([...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
    ['b', 'F32', [2]],
    ['a', 'BOOL', [2, 1]],
  ]);
  disposeParams(params);
});

it('cuts by bytes, keeps tensors whole, and leaves no file that would be loaded instead', async () => {
  const params: Params = { a: zeros([4]), b: zeros([2]), c: zeros([2]), d: zeros([1]) };
  await saveCheckpoint(path, params);
  expect(await saveCheckpoint(path, params, { shardBytes: 16 })).toBe(`${path}.index.json`);
  expect((await readdir(folder)).sort()).toEqual([
    ...['00001', '00002', '00003'].map((i) => `model-${i}-of-00003.safetensors`),
    'model.safetensors.index.json',
  ]);
  expect(JSON.parse(await readFile(`${path}.index.json`, 'utf8'))).toEqual({
    metadata: { total_size: 36 },
    weight_map: {
      a: 'model-00001-of-00003.safetensors',
      b: 'model-00002-of-00003.safetensors',
      c: 'model-00002-of-00003.safetensors',
      d: 'model-00003-of-00003.safetensors',
    },
  });
  disposeParams(params);
});

it('writes nothing that cannot be read again', async () => {
  const spectrum = complex([1], [2]);
  await expect(saveCheckpoint(path, { spectrum })).rejects.toThrow(/"spectrum".*complex64/);
  spectrum.dispose();
  const x = tensor1d([1]);
  await expect(saveCheckpoint(join(folder, 'model.bin'), { x })).rejects.toThrow(ConfigError);
  await expect(saveCheckpoint(path, { x }, { shardBytes: NaN })).rejects.toThrow(/shardBytes/);
  const map = keyMap('m', { rules: { y: 'z' } });
  await expect(saveCheckpoint(path, { x }, { keyMap: map })).rejects.toThrow(StateDictError);
  expect(await readdir(folder)).toEqual([]);
  x.dispose();
});
