import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cast, memory, tensor1d } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigError, DataError, FileFormatError, key, disposeParams } from '@crossweave/core';
import { initLinear } from '@crossweave/core/nn';
import { parseSafetensors, serializeSafetensors } from '../safetensors/safetensors';
import { loadSafetensors, saveSafetensors } from './safetensors';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('saves and loads parameters and metadata', async () => {
  const path = join(folder, 'model.safetensors');
  const params = initLinear(key(0), 'fc', { in: 3, out: 2 });
  const before = memory().numTensors;
  await saveSafetensors(path, params, { step: '7' });
  expect(memory().numTensors).toBe(before);
  const loaded = await loadSafetensors(path);
  for (const [name, value] of Object.entries(params)) {
    expect(loaded[name]!.shape).toEqual(value.shape);
    expect(loaded[name]!.dataSync()).toEqual(value.dataSync());
  }
  expect(parseSafetensors(await readFile(path)).metadata).toEqual({ step: '7' });
  expect(await readdir(folder)).toEqual(['model.safetensors']);
  disposeParams(params);
  disposeParams(loaded);
});

it.each([
  ['int32', 'float32'],
  ['bool', 'float32'],
  ['bool', 'int32'],
] as const)('keeps the values of what was cast from %s to %s', async (from, to) => {
  const before = cast(tensor1d([1, 0, 1], from), to);
  const path = join(folder, 'model.safetensors');
  await saveSafetensors(path, { before });
  const { before: after } = await loadSafetensors(path);
  expect(after!.dtype).toBe(to);
  expect([...after!.dataSync()]).toEqual([1, 0, 1]);
});

it.each([{ step: 7 }, { step: null }, { run: { step: '7' } }, 'x', ['x']])(
  'refuses the metadata %j, with which no library opens a file',
  async (metadata) => {
    const params = initLinear(key(0), 'fc', { in: 3, out: 2 });
    const path = join(folder, 'model.safetensors');
    await expect(saveSafetensors(path, params, metadata as never)).rejects.toThrow(
      /"metadata(\.\w+)?" has a value that is not allowed; expected .*a text/,
    );
    expect(() => serializeSafetensors([], metadata as never)).toThrow(ConfigError);
    expect(await readdir(folder)).toEqual([]);
    disposeParams(params);
    await expect(saveSafetensors(path, params)).rejects.toThrow(/not disposed/);
  },
);

it('names a file that is missing or cut short', async () => {
  const path = join(folder, 'model.safetensors');
  await expect(loadSafetensors(path)).rejects.toThrow(DataError);
  const params = initLinear(key(0), 'fc', { in: 3, out: 2 });
  await saveSafetensors(path, params);
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, -1));
  await expect(loadSafetensors(path)).rejects.toThrow(FileFormatError);
  await expect(loadSafetensors(path)).rejects.toThrow(path);
  disposeParams(params);
});
