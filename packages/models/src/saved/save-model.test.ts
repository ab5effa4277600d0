import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { ConfigError, FileFormatError, StateDictError } from '@crossweave/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fixture } from '../pretrained/fixtures.testing';
import { pretrained } from '../pretrained/pretrained';
import { saveModel } from './save-model';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function save(path: string, notes?: readonly string[]): Promise<void> {
  using model = await pretrained(fixture('siglip'));
  const { image, text, fusion, params } = model;
  await saveModel(path, {
    ...{ image: image!.part, text: text!.part, fusion: fusion!.part, params },
    preprocessing: image!.preprocessing,
    maxTokens: text!.maxTokens,
    tokenizer: text!.tokenizerFolder,
    ...(notes && { notes }),
  });
}

it('keeps notes for whoever opens the model', async () => {
  await save(folder, ['trained for one task']);
  using model = await pretrained(folder);
  expect(model.notes).toEqual(['trained for one task']);
});

it('gives back what it was given, from the folder or from that of a run', async () => {
  await save(join(folder, 'model'));
  const before = memory().numTensors;
  for (const from of [folder, join(folder, 'model')]) {
    using original = await pretrained(fixture('siglip'));
    using model = await pretrained(from);
    expect(model).toMatchObject({ name: from, family: 'crossweave' });
    for (const part of ['image', 'text', 'fusion'] as const) {
      expect(model[part]!.part).toEqual(original[part]!.part);
    }
    expect(model.image!.preprocessing).toEqual(original.image!.preprocessing);
    expect(model.text!.tokenizer.fingerprint).toBe(original.text!.tokenizer.fingerprint);
    expect(Object.keys(model.params).sort()).toEqual(Object.keys(original.params).sort());
    for (const [path, value] of Object.entries(original.params)) {
      expect(model.params[path]!.dataSync(), path).toEqual(value.dataSync());
    }
  }
  expect(memory().numTensors).toBe(before);
});

it('refuses a damaged description, other weights and options that would change it', async () => {
  await save(folder);
  const path = join(folder, 'model.json');
  const written = await readFile(path, 'utf8');
  const changed = pretrained(folder, { maxTokens: 8 });
  await expect(changed).rejects.toThrow(/"maxTokens" cannot be changed/);
  await writeFile(path, written.replace('"layers": 2', '"layers": 1'));
  await expect(pretrained(folder)).rejects.toThrow(StateDictError);
  await writeFile(path, written.replace('"version": 1', '"version": 2'));
  await expect(pretrained(folder)).rejects.toThrow(FileFormatError);
  await expect(saveModel(folder, {} as never)).rejects.toThrow(ConfigError);
});
