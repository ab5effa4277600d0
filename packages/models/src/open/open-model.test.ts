import '@tensorflow/tfjs-backend-cpu';
import { fill, memory, type Rank } from '@tensorflow/tfjs-core';
import { ConfigError, DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import {
  expectedOf,
  fixture,
  originalPictures,
  pictureFiles,
} from '../pretrained/fixtures.testing';
import { rowOf } from '../vectors/embeddings';
import { openModel } from './open-model';

const gap = (got: Float32Array | readonly number[], expected: readonly number[]): number =>
  Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)));

describe.each(['clip', 'siglip'])('%s', (name) => {
  const expected = expectedOf(name);

  it('gives the original’s vectors and logits', async () => {
    const before = memory().numTensors;
    {
      await using model = await openModel(fixture(name));
      const pictures = originalPictures(expected, model.preprocessing!);
      const image = await model.encodeImage(pictures);
      const text = await model.encodeText(expected.captions);
      expect([image.rows, image.dim, text.dim]).toEqual([3, model.dim, model.dim]);
      expected.image.forEach((row, i) => expect(gap(rowOf(image, i), row)).toBeLessThan(1e-6));
      expected.text.forEach((row, i) => expect(gap(rowOf(text, i), row)).toBeLessThan(1e-6));
      const { scale, bias } = model.logits!;
      const cosine = rowOf(image, 0).reduce((sum, v, i) => sum + v * rowOf(text, 1)[i]!, 0);
      expect(scale * cosine + bias).toBeCloseTo(expected.logits[0]![1]!, 4);

      const files = await pictureFiles();
      const scores = await model.score(files, expected.captions);
      const prepared = await model.preprocess(files);
      const own = await model.encodeImage(files);
      expect((await model.encodeImage(prepared)).values).toEqual(own.values);
      const first = rowOf(own, 2).reduce((sum, v, i) => sum + v * rowOf(text, 0)[i]!, 0);
      expect(scores[2]![0]).toBeCloseTo(scale * first + bias, 4);
      expect(scores.map((row) => row.length)).toEqual([3, 3, 3]);
      [pictures, prepared].forEach((tensor) => tensor.dispose());
    }
    expect(memory().numTensors).toBe(before);
  });
});

it('works in batches, and with nothing', async () => {
  await using model = await openModel(fixture('clip'));
  const [file] = await pictureFiles();
  const many = await model.encodeImage(Array.from({ length: 35 }, () => file!));
  expect(many.rows).toBe(35);
  expect(gap(rowOf(many, 34), [...rowOf(many, 0)])).toBeLessThan(1e-6);
  expect(await model.encodeImage([])).toMatchObject({ rows: 0, dim: 8 });
  expect(await model.encodeText([])).toMatchObject({ rows: 0, dim: 8 });
  expect(await model.score([file!], [])).toEqual([[]]);
});

it('uses towers alone, as far as they go', async () => {
  await using vit = await openModel(fixture('vit'));
  const { values, dim } = await vit.encodeImage(await pictureFiles());
  expect(Math.hypot(...values.subarray(0, dim))).toBeCloseTo(1, 5);
  expect(vit.tokenizer).toBeUndefined();
  await expect(vit.encodeText(['a'])).rejects.toThrow(/has no text tower/);
  await expect(vit.score([], ['a'])).rejects.toThrow(ConfigError);
  await using text = await openModel(fixture('sentence-bert'));
  const expected = expectedOf('sentence-bert');
  const encoded = await text.encodeText(expected.captions);
  expect(gap(rowOf(encoded, 1), expected.text[1]!)).toBeLessThan(1e-6);
  await expect(text.preprocess([])).rejects.toThrow(/has no image tower/);
});

it('refuses what is no list of texts, and pixels that were not normalised', async () => {
  await using model = await openModel(fixture('clip'));
  const [file] = await pictureFiles();
  for (const texts of ['a ring', [1], [undefined], new Set(['a ring'])]) {
    await expect(model.encodeText(texts as never)).rejects.toThrow(/"texts.*; got/);
    await expect(model.score([file!], texts as never)).rejects.toThrow(/"texts.*; got/);
  }
  const { size } = model.preprocessing!;
  const before = memory().numTensors;
  const raw = fill<Rank.R4>([1, size, size, 3], 200);
  await expect(model.encodeImage(raw)).rejects.toThrow(
    /not normalised .* values in \[-1\.79, 2\.15\]; got values in \[200\.00, 200\.00\]/,
  );
  raw.dispose();
  expect(memory().numTensors).toBe(before);
});

it('says that it was released', async () => {
  const model = await openModel(fixture('clip'));
  const files = await pictureFiles();
  await model[Symbol.asyncDispose]();
  for (const use of [
    () => model.encodeText(['a ring']),
    () => model.encodeImage(files),
    () => model.score(files, ['a ring']),
    () => model.predict([]),
  ]) {
    await expect(use()).rejects.toThrow(/the model was released/);
  }
});

it('names a damaged picture and leaves no tensor behind', async () => {
  await using model = await openModel(fixture('clip'));
  const before = memory().numTensors;
  const files = [...(await pictureFiles()), { name: 'bad.jpg', bytes: new Uint8Array(40) }];
  for (const using of [model.encodeImage(files), model.score(files, ['a'])]) {
    await expect(using).rejects.toThrow(DataError);
    await expect(using).rejects.toThrow(/bad\.jpg/);
  }
  expect(memory().numTensors).toBe(before);
});

it('tells models apart that give other vectors', async () => {
  const of = async (from: string, options = {}) => {
    await using model = await openModel(from, options);
    return await model.fingerprint();
  };
  const clip = await of(fixture('clip'));
  expect(clip).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await of(fixture('clip'))).toBe(clip);
  expect(await of(fixture('clip'), { maxTokens: 9 })).not.toBe(clip);
  expect(await of(fixture('open-clip'))).not.toBe(clip);
});
