import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataError } from '@crossweave/core';
import { fingerprintFolder } from './fingerprint';

let root = '';
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crossweave-fingerprint-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A folder of these files; no model, but bytes are all that is read. */
async function folder(change: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(root, String(made++));
  await mkdir(join(path, 'onnx'), { recursive: true });
  const files = { 'config.json': '{}', 'tokenizer.json': '{"a":1}', 'onnx/model.onnx': 'w' };
  for (const [name, text] of Object.entries({ ...files, ...change })) {
    await writeFile(join(path, name), text);
  }
  return path;
}

const of = (path: string, settings = {}): Promise<string> =>
  fingerprintFolder(path, 'model', { pooling: 'mean', ...settings });

it('is the same for the same bytes, wherever and whenever they were written', async () => {
  const one = await folder();
  const copy = join(root, 'copy');
  await cp(one, copy, { recursive: true });
  await utimes(join(copy, 'config.json'), 0, 0);
  await writeFile(join(copy, 'README.md'), 'words');
  await writeFile(join(copy, 'onnx', 'other.onnx'), 'another model');
  expect(await of(copy)).toBe(await of(one));
  expect(await of(one)).toMatch(/^[0-9a-f]{64}$/);
  expect(await of(one, { b: 1, a: { d: 1, c: 2 } })).toBe(
    await of(one, { a: { c: 2, d: 1 }, b: 1 }),
  );
});

it('is another for other weights, external weights, preprocessing or settings', async () => {
  const all = [
    await of(await folder()),
    await of(await folder({ 'onnx/model.onnx': 'v' })),
    await of(await folder({ 'onnx/model.onnx_data': 'more' })),
    await of(await folder({ 'tokenizer.json': '{"a":2}' })),
    await of(await folder({ 'preprocessor_config.json': '{}' })),
    await of(await folder(), { pooling: 'cls' }),
    await of(await folder(), { pooling: { output: 'x' } }),
    await of(await folder(), { pooling: { output: 'y' } }),
    await fingerprintFolder(await folder({ 'onnx/model_quantized.onnx': 'w' }), 'model_quantized', {
      pooling: 'mean',
    }),
  ];
  expect(new Set(all).size).toBe(all.length);
});

it('names what a folder lacks', async () => {
  const missing = fingerprintFolder(join(root, 'nowhere'), 'model', {});
  await expect(missing).rejects.toThrow(DataError);
  await expect(missing).rejects.toThrow(/nowhere/);
  await expect(fingerprintFolder(await folder(), 'text_model', {})).rejects.toThrow(
    /lacks the weights; expected onnx\/text_model.onnx; got model.onnx/,
  );
});
