import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { dispose, memory } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unitNormalisation } from '../image/normalise';
import { buildVocabulary } from '../text/vocabulary';
import { loadPairs } from './load';
import { describeRejects } from './describe';
import { letters, testFolder, type TestFolder } from './folder.testing';

const common = { tokenizer: letters, imageSize: 4, maxTokens: 8, normalise: unitNormalisation };
let folder: TestFolder;
let rows: { image: string; caption: string; split: string }[];

/** Twelve pictures of level 10·i: ten in train, two in val. */
beforeEach(async () => {
  folder = await testFolder();
  rows = Array.from({ length: 12 }, (_, i) => ({
    image: `${i}.png`,
    caption: `abc${String.fromCharCode(97 + i)}`,
    split: i < 10 ? 'train' : 'val',
  }));
  for (const [i, { image }] of rows.entries()) await folder.picture(image, 10 * i);
});
afterEach(() => folder.remove());

testOptions(
  'loadPairs',
  (options) => loadPairs(options),
  { describe, it },
  {
    required: { captions: 'captions.jsonl', tokenizer: letters },
    anyText: ['captions', 'tokenizer', 'background', 'images', 'pictureStore', 'text', 'split'],
    anyTexts: ['captions'],
  },
);

describe('loadPairs', () => {
  it('gives images and texts of any rows, and leaks nothing', async () => {
    const data = await loadPairs({ ...common, captions: await folder.captions(rows) });
    expect(Object.keys(data.splits)).toEqual(['train', 'val']);
    expect(data.report).toMatchObject({ rows: 12, rejects: [], doubts: [], sharedPictures: [] });
    const train = data.split('train');
    expect(train.records[3]).toEqual({ id: '3.png', captions: ['abcd'] });
    const before = memory().numTensors;
    const images = await train.images([7, 2, 7]);
    expect(images.shape).toEqual([3, 4, 4, 3]);
    const values = images.dataSync();
    [70, 20, 70].forEach((level, b) => expect(values[b * 48 + 5]).toBeCloseTo(level / 255, 6));
    const texts = train.texts(['abcdefghij', 'a', 'a']);
    expect(texts.input_ids.arraySync()).toEqual([
      [1, 3, 4, 5, 6, 7, 8, 2],
      [1, 3, 2, 0, 0, 0, 0, 0],
      [1, 3, 2, 0, 0, 0, 0, 0],
    ]);
    dispose([images, texts.input_ids, texts.attention_mask]);
    expect(memory().numTensors).toBe(before);
    await expect(train.images([10])).rejects.toBeInstanceOf(ConfigError);
  });

  it('takes the folder of a tokenizer, and CSV with one caption a row', async () => {
    const tokenizer = join(folder.path, 'tokenizer');
    await buildVocabulary(['one two three'], { out: tokenizer });
    const captions = await folder.write(
      'c.csv',
      'file,text\n1.png,one\n2.png,"two, three"\n1.png,three\n',
    );
    const columns = { image: 'file', caption: 'text' };
    const data = await loadPairs({ ...common, captions, columns, tokenizer });
    expect(data.split('train').records).toEqual([
      { id: '1.png', captions: ['one', 'three'] },
      { id: '2.png', captions: ['two, three'] },
    ]);
    expect(data.tokenizer.vocabularySize).toBe(8);
  });

  it('joins negatives with their captions', async () => {
    const negatives = [[{ caption: 'b', kind: 'swap', more: 1 }]];
    const captions = await folder.captions([
      { image: '1.png', caption: 'a' },
      { image: '1.png', caption: 'c', negatives },
    ]);
    const data = await loadPairs({ ...common, captions });
    expect(data.split('train').records).toEqual([
      { id: '1.png', captions: ['a', 'c'], negatives: [[], [{ caption: 'b', kind: 'swap' }]] },
    ]);
  });

  it('names the splits there are', async () => {
    const data = await loadPairs({ ...common, captions: await folder.captions(rows) });
    expect(() => data.split('vall')).toThrow(DataError);
    expect(() => data.split('vall')).toThrow(
      /split "vall".*"train" \(10 records\), "val" \(2 records\).*Did you mean "val"/,
    );
    expect(() => data.split('toString')).toThrow(DataError);
  });

  it('has a fingerprint of records and image bytes', async () => {
    const captions = await folder.captions(rows);
    const load = async (check?: 'first'): Promise<string> =>
      (await loadPairs({ ...common, captions, ...(check !== undefined && { check }) })).fingerprint;
    const first = await load();
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await load()).toBe(first);
    expect(await load('first')).not.toBe(first);
    await folder.picture('11.png', 111);
    const changedImage = await load();
    expect(changedImage).not.toBe(first);
    await folder.captions(rows.map((row, i) => (i === 4 ? { ...row, caption: 'z' } : row)));
    expect(await load()).not.toBe(changedImage);
  });

  it('skips damaged samples, counts them and says which', async () => {
    await folder.write('3.png', 'no picture');
    const captions = await folder.captions(rows);
    const text = rows.map((row) => JSON.stringify(row));
    text[5] = '{"image": "5.png", ';
    await writeFile(captions, text.join('\n'));
    const data = await loadPairs({ ...common, captions });
    expect(data.split('train').records.map(({ id }) => id)).toEqual(
      [0, 1, 2, 4, 6, 7, 8, 9].map((i) => `${i}.png`),
    );
    expect(data.report.rejects).toMatchObject([
      { key: 'captions.jsonl:4 (3.png)', reason: 'damaged-image', action: 'skipped' },
      { key: 'captions.jsonl:6', reason: 'record', action: 'skipped' },
    ]);
    expect(describeRejects(data.report)).toContain('12 rows, 2 rejects');
    await expect(loadPairs({ ...common, captions, policy: 'fail' })).rejects.toThrow(/6: line 6/);
  });

  it.each(['decode', 'first'] as const)('puts placeholders, check: %s', async (check) => {
    await folder.write('9.png', 'no picture');
    const captions = await folder.captions(rows);
    const normalise = { mean: [0.2, 0.4, 0.6] as const, std: [1, 1, 1] as const };
    const options = { ...common, captions, check, normalise, policy: 'placeholder' as const };
    const data = await loadPairs(options);
    const images = await data.split('train').images([9, 9]);
    expect(Math.max(...images.dataSync().map(Math.abs))).toBeLessThan(0.5 / 255 + 1e-6);
    images.dispose();
    expect(data.report.rejects).toMatchObject([
      { key: 'captions.jsonl:10 (9.png)', action: 'placeholder' },
    ]);
  });

  it('fails for the damaged image, with policy fail', async () => {
    await folder.write('9.png', 'no picture');
    const captions = await folder.captions(rows);
    const failure = loadPairs({ ...common, captions, policy: 'fail' });
    await expect(failure).rejects.toThrow(/9\.png \(captions\.jsonl:10\).*cannot be decoded/);
  });

  it('fails for missing images, unless told to treat them as damaged', async () => {
    rows[8] = { image: 'gone/8.png', caption: 'x', split: 'train' };
    const captions = await folder.captions(rows);
    await expect(loadPairs({ ...common, captions })).rejects.toThrow(
      /captions\.jsonl:9: the image file is missing.*gone\/8\.png.*missing: 'policy'/,
    );
    const data = await loadPairs({ ...common, captions, missing: 'policy' });
    expect(data.split('train').records).toHaveLength(9);
    expect(data.report.rejects).toMatchObject([{ reason: 'missing-image', action: 'skipped' }]);
  });

  it('fails when the first records are all damaged, and when a split has none left', async () => {
    const captions = await folder.captions(rows);
    for (let i = 0; i < 8; i++) await folder.write(`${i}.png`, 'no picture');
    await expect(loadPairs({ ...common, captions })).rejects.toThrow(/0\.png.*cannot be decoded/);
    await folder.picture('0.png', 0);
    await folder.write('10.png', '');
    await folder.write('11.png', '');
    await expect(loadPairs({ ...common, captions })).rejects.toThrow('"val" has no usable record');
    await folder.write('captions.jsonl', '{"image":"0.png"}\n{"image":"1.png"}');
    await expect(loadPairs({ ...common, captions })).rejects.toThrow(
      /:1: there is no field for the caption/,
    );
  });

  it('takes an id once in a split', async () => {
    const captions = await folder.captions(rows.map((row, i) => ({ ...row, id: i === 2 ? 0 : i })));
    const { report } = await loadPairs({ ...common, captions });
    expect(report.rejects).toMatchObject([{ key: 'captions.jsonl:3', reason: 'record' }]);
  });

  it('decodes again what the cache does not hold', async () => {
    const captions = await folder.captions(rows);
    const data = await loadPairs({ ...common, captions, cacheBytes: 48, concurrency: 1 });
    await folder.picture('0.png', 200);
    await folder.picture('1.png', 200);
    const images = await data.split('train').images([0, 1]);
    const values = images.dataSync();
    images.dispose();
    // One picture of 48 bytes fits: the first keeps its old value.
    expect([values[0], values[48]]).toEqual([0, Math.fround(200 / 255)]);
  });

  it('reports progress to the end', async () => {
    const seen: [number, number][] = [];
    const captions = await folder.captions(rows);
    await loadPairs({ ...common, captions, onProgress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual(rows.map((_, i) => [i + 1, 12]));
  });

  it.each([
    { maxTokens: 513 },
    { maxTokens: Number.NaN },
    { imageSize: 0 },
    { concurrency: 0 },
    { cacheBytes: -1 },
    { policy: 'ignore' as 'skip' },
    { normalize: unitNormalisation },
    { normalise: { mean: [0, 0], std: [1, 1, 1] } },
    { tokenizer: { encode: () => [] } },
  ])('refuses %j', async (options) => {
    const captions = await folder.captions(rows);
    await expect(loadPairs({ ...common, captions, ...(options as object) })).rejects.toBeInstanceOf(
      ConfigError,
    );
  });
});
