import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { DataError } from '@crossweave/core';
import { findOnnxFolder } from './find-onnx-folder';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crossweave-find-onnx-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => rm(root, { recursive: true }));

it('takes a folder as it is', async () => {
  const folder = join(root, 'model');
  await mkdir(folder);
  expect(await findOnnxFolder('test', `${folder}/`, 'model')).toEqual({
    folder: `${folder}/`,
    name: 'model',
  });
});

it('finds the id of a hub in the cache of the Python libraries', async () => {
  const model = join(root, 'hub', 'models--org--tiny');
  const snapshot = join(model, 'snapshots', 'c0ffee');
  await mkdir(join(snapshot, 'onnx'), { recursive: true });
  await mkdir(join(model, 'refs'));
  await writeFile(join(model, 'refs', 'main'), 'c0ffee');
  await writeFile(join(snapshot, 'onnx', 'model.onnx'), '');
  vi.stubEnv('HF_HUB_CACHE', join(root, 'hub'));
  const found = { folder: snapshot, name: 'org/tiny' };
  expect(await findOnnxFolder('test', 'org/tiny', 'model')).toEqual(found);
  const quantized = findOnnxFolder('test', 'org/tiny', 'model_quantized');
  await expect(quantized).rejects.toThrow(DataError);
  await expect(quantized).rejects.toThrow(/model_quantized.onnx in one of .*c0ffee.*hf download/);
});

it('names what is neither', async () => {
  await expect(findOnnxFolder('test', './no/where', 'model')).rejects.toThrow(DataError);
  await expect(findOnnxFolder('test', './no/where', 'model')).rejects.toThrow(
    /test: there is no such folder.*no\/where/,
  );
});
