import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import { DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModel, type OpenModel } from '../open/open-model';
import { embedPictures } from '../pictures/embed-pictures';
import { listPictures } from '../pictures/list-pictures';
import { fixture } from '../pretrained/fixtures.testing';
import { rowOf } from './embeddings';
import { updatePictures, updateTexts, type UpdatedVectors } from './update-vectors';
import { loadVectors, saveVectors } from './vector-file';

let folder = '';
let model: OpenModel;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  model = await openModel(fixture('clip'));
  await put(0, 'a.jpg');
  await put(1, 'b.jpg');
});
afterEach(async () => {
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const put = (picture: number, name: string): Promise<void> =>
  cp(fixture(`pictures/${picture}.jpg`), join(folder, name));
const update = async (
  before?: UpdatedVectors['set'],
  options: object = {},
): Promise<UpdatedVectors> =>
  updatePictures(model, before, await listPictures(folder), { folder, ...options });
/** The vector of an id, and that of a picture alone. */
const vectorOf = ({ set }: UpdatedVectors, id: string): number[] => [
  ...rowOf(set.embeddings, set.ids.indexOf(id)),
];
async function alone(picture: number): Promise<number[]> {
  const { embeddings } = await embedPictures(model, [fixture(`pictures/${picture}.jpg`)]);
  return [...embeddings.values];
}
const near = (got: number[], expected: number[]): void => {
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
};

it('encodes what is new and what has other bytes, and keeps the rest in its place', async () => {
  const tensors = memory().numTensors;
  const first = await update();
  expect(first).toMatchObject({ kept: 0, added: 2, changed: 0, gone: 0, rejects: [] });
  const embedded = await embedPictures(model, ['a.jpg', 'b.jpg'], { folder });
  expect(first.set.embeddings).toEqual(embedded.embeddings);
  expect(first.set.contents).toEqual(embedded.contents);
  expect(first.set.model).toBe(await model.fingerprint());

  await put(2, '0.jpg');
  await put(2, 'b.jpg');
  const encoded: number[] = [];
  const counting: OpenModel = {
    ...model,
    encodeImage: (pictures) => {
      encoded.push((pictures as readonly unknown[]).length);
      return model.encodeImage(pictures);
    },
  };
  const seen: [number, number][] = [];
  const second = await updatePictures(counting, first.set, await listPictures(folder), {
    folder,
    onProgress: (...progress) => seen.push(progress),
  });
  expect(second).toMatchObject({ kept: 1, added: 1, changed: 1, gone: 0 });
  expect(encoded).toEqual([2]);
  expect(seen).toEqual([
    [1, 3],
    [3, 3],
  ]);
  expect(second.set.ids).toEqual(['a.jpg', 'b.jpg', '0.jpg']);
  expect(vectorOf(second, 'a.jpg')).toEqual(vectorOf(first, 'a.jpg'));
  near(vectorOf(second, 'b.jpg'), await alone(2));
  near(vectorOf(second, '0.jpg'), await alone(2));
  expect(second.set.contents![1]).toBe(second.set.contents![2]);

  const third = await update(second.set);
  expect(third).toMatchObject({ kept: 3, added: 0, changed: 0, gone: 0 });
  expect(third.set).toEqual(second.set);
  expect(memory().numTensors).toBe(tensors);
});

it('keeps rows whose picture is gone or damaged, until they are to leave', async () => {
  const { set } = await update();
  await put(2, 'c.jpg');
  await writeFile(join(folder, 'b.jpg'), 'no picture any more');
  await writeFile(join(folder, 'new.jpg'), 'none either');
  const kept = await update(set);
  expect(kept).toMatchObject({ kept: 1, added: 1, changed: 0, gone: 1 });
  expect(kept.rejects.map(({ path }) => path)).toEqual(['b.jpg', 'new.jpg']);
  expect(kept.set.ids).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  near(vectorOf(kept, 'b.jpg'), await alone(1));

  await rename(join(folder, 'b.jpg'), join(folder, 'text.txt'));
  const pruned = await update(kept.set, { prune: true });
  expect(pruned).toMatchObject({ kept: 2, added: 0, gone: 1 });
  expect(pruned.set.ids).toEqual(['a.jpg', 'c.jpg']);
  expect(pruned.set.contents).toHaveLength(2);
  near(vectorOf(pruned, 'c.jpg'), await alone(2));
});

it('fails without a picture that can be read, unless rows are there already', async () => {
  const { set } = await update();
  await writeFile(join(folder, 'a.jpg'), 'x');
  await expect(updatePictures(model, undefined, ['a.jpg'], { folder })).rejects.toThrow(/a\.jpg/);
  expect(await updatePictures(model, set, ['a.jpg'], { folder })).toMatchObject({
    ...{ kept: 0, added: 0, gone: 2 },
    set,
  });
});

it.each(['v.safetensors', 'v.parquet'])('goes on from %s', async (name) => {
  const path = join(folder, name);
  const { set } = await update();
  await saveVectors(path, set);
  const loaded = await loadVectors(path);
  expect(loaded).toEqual(set);
  await put(2, 'c.jpg');
  const grown = await update(loaded);
  expect(grown).toMatchObject({ kept: 2, added: 1 });
  expect(grown.set.ids).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
});

it('refuses vectors that were made otherwise, and says of what', async () => {
  const { set } = await update();
  const refused = async (before: UpdatedVectors['set'], message: RegExp): Promise<void> => {
    await expect(update(before)).rejects.toThrow(DataError);
    await expect(update(before)).rejects.toThrow(message);
  };
  const { origin } = set;
  await refused(
    { ...set, origin: { ...origin!, precision: 'bf16' } },
    /made otherwise: precision: "bf16" → "float32"/,
  );
  await refused(
    { ...set, origin: { ...origin!, of: 'texts' } },
    /made otherwise: of: "texts" → "pictures"/,
  );
  const { ids, embeddings, model: fingerprint, contents } = set;
  const bare = { ids, embeddings, model: fingerprint };
  await refused({ ...bare, contents: contents! }, /nothing says what they depend on/);
  await refused({ ...bare, origin: origin! }, /nothing says what they depend on/);

  await using shorter = await openModel(fixture('clip'), { maxTokens: 9 });
  const texts = updatePictures(shorter, set, ['a.jpg'], { folder });
  await expect(texts).rejects.toThrow(/made otherwise: model\.text\.maxTokens: \d+ → 9/);
  await using larger = await openModel(fixture('clip'), { imageSize: 24 });
  const size = updatePictures(larger, set, ['a.jpg'], { folder });
  await expect(size).rejects.toThrow(/model\.image\.preprocessing\.size: \d+ → 24/);
  await using other = await openModel(fixture('open-clip'));
  const weights = updatePictures(other, set, ['a.jpg'], { folder });
  await expect(weights).rejects.toThrow(/model\.weights changed: fingerprint sha256:/);
});

it('refuses the pictures of another folder', async () => {
  const { set } = await update();
  await put(2, 'c.jpg');
  const other = updatePictures(model, set, ['c.jpg'], { folder });
  await expect(other).rejects.toThrow(/none of the pictures .* are there.*such as a\.jpg/);
});

it('stops when told to', async () => {
  const { set } = await update();
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(update(set, { signal })).rejects.toThrow('stop');
});

it('hands over what is done when it is stopped, from where it goes on', async () => {
  const { set } = await update();
  await put(2, 'b.jpg');
  const names = Array.from({ length: 70 }, (_, i) => `n${String(i).padStart(2, '0')}.jpg`);
  for (const [i, name] of names.entries()) await put(i % 3, name);
  const abort = new AbortController();
  const saved: UpdatedVectors['set'][] = [];
  const stopped = update(set, {
    signal: abort.signal,
    prune: true,
    onProgress: (done: number) => done > 30 && abort.abort(new Error('stop')),
    checkpoint: (so: UpdatedVectors['set']) => Promise.resolve(void saved.push(so)),
  });
  await expect(stopped).rejects.toThrow('stop');
  expect(saved).toHaveLength(1);
  // One batch: the changed picture, then new ones.
  expect(saved[0]!.ids).toEqual(['a.jpg', 'b.jpg', ...names.slice(0, 31)]);
  const rest = await update(saved[0]);
  expect(rest).toMatchObject({ kept: 33, added: 39, changed: 0, gone: 0 });
  const whole = await update(set);
  expect(rest.set.ids).toEqual(whole.set.ids);
  expect(rest.set.contents).toEqual(whole.set.contents);
  near([...rest.set.embeddings.values], [...whole.set.embeddings.values]);

  const texts = names.map((name) => `text ${name}`);
  const again = new AbortController();
  const parts: UpdatedVectors['set'][] = [];
  const ended = updateTexts(model, undefined, texts, {
    signal: again.signal,
    onProgress: () => again.abort(new Error('stop')),
    checkpoint: (so) => Promise.resolve(void parts.push(so)),
  });
  await expect(ended).rejects.toThrow('stop');
  expect(parts.map(({ ids }) => ids)).toEqual([texts.slice(0, 32)]);
  const all = await updateTexts(model, parts[0], texts);
  expect(all).toMatchObject({ kept: 32, added: 38 });
});

type Pictures = Parameters<OpenModel['encodeImage']>[0];

it('does not wait for an engine that compiles, and hands over what is done', async () => {
  for (let i = 0; i < 33; i++) await put(i % 3, `n${String(i).padStart(2, '0')}.jpg`);
  const texts = Array.from({ length: 35 }, (_, i) => `text ${i}`);
  for (const sort of ['pictures', 'texts']) {
    const abort = new AbortController();
    let batches = 0;
    // The second batch never ends.
    const hanging =
      <Input, Result>(encode: (given: Input) => Promise<Result>) =>
      (given: Input): Promise<Result> =>
        batches++ === 0
          ? encode(given)
          : new Promise(() => setTimeout(() => abort.abort(new Error('stop'))));
    const slow = {
      ...{ dim: model.dim, identity: () => model.identity() },
      encodeImage: hanging((files: Pictures) => model.encodeImage(files)),
      encodeText: hanging((given: readonly string[]) => model.encodeText(given)),
    };
    const saved: string[][] = [];
    const options = {
      signal: abort.signal,
      checkpoint: ({ ids }: UpdatedVectors['set']) => Promise.resolve(void saved.push([...ids])),
    };
    const stopped =
      sort === 'texts'
        ? updateTexts(slow, undefined, texts, options)
        : updatePictures(slow, undefined, await listPictures(folder), { folder, ...options });
    await expect(stopped).rejects.toThrow('stop');
    expect(saved.map(({ length }) => length)).toEqual([32]);
  }
});

it('adds texts, as often as they stand', async () => {
  const first = await updateTexts(model, undefined, ['red', 'a circle', 'red']);
  expect(first).toMatchObject({ kept: 0, added: 3 });
  const second = await updateTexts(model, first.set, ['blue', 'red', 'red', 'red']);
  expect(second).toMatchObject({ kept: 2, added: 2, changed: 0, gone: 1, rejects: [] });
  expect(second.set.ids).toEqual(['red', 'a circle', 'red', 'blue', 'red']);
  expect(second.set.contents).toBeUndefined();
  near(vectorOf(second, 'blue'), [...(await model.encodeText(['blue'])).values]);
  const pruned = await updateTexts(model, second.set, ['blue', 'red'], { prune: true });
  expect(pruned).toMatchObject({ kept: 2, gone: 3 });
  expect(pruned.set.ids).toEqual(['red', 'blue']);
});

testOptions(
  'updatePictures',
  (options) => updatePictures(model, undefined, [], options),
  { describe, it },
  { anyText: ['folder'] },
);
testOptions('updateTexts', (options) => updateTexts(model, undefined, [], options), {
  describe,
  it,
});
