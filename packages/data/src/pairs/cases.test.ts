import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildVocabulary } from '../text/vocabulary';
import type { PairDataset } from './dataset';
import { describeReport } from './describe';
import { letters, testFolder, type TestFolder } from './folder.testing';
import { loadPairs } from './load';
import type { LoadPairsOptions } from './options';

// Inputs after situations that people met with other tools, each with its right value.

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
  for (let i = 0; i < 12; i++) await folder.picture(`i${i}.png`, 20 * i);
});
afterEach(() => folder.remove());

async function load(
  name: string,
  content: string | Uint8Array,
  options: Partial<LoadPairsOptions> = {},
): Promise<PairDataset> {
  const captions = await folder.write(name, content);
  return loadPairs({ captions, tokenizer: letters, imageSize: 4, maxTokens: 16, ...options });
}
async function failure(...of: Parameters<typeof load>): Promise<DataError> {
  const error: unknown = await load(...of).catch((thrown: unknown) => thrown);
  if (error instanceof DataError) return error;
  throw new Error(`no DataError but ${String(error)}`);
}
const captionsOf = (data: PairDataset): string[] =>
  Object.values(data.splits).flatMap(({ records }) => records.flatMap(({ captions }) => captions));
const rejectsOf = ({ report }: PairDataset): string[] =>
  report.rejects.map(({ key, error }) => `${key} ${error.message}`);
const lines = (rows: readonly object[]): string =>
  rows.map((row) => JSON.stringify(row)).join('\n');
const table = (...rows: string[]): string => `${rows.join('\n')}\n`;
const byWords = async (texts: readonly string[]): Promise<string> => {
  const tokenizer = join(folder.path, 'tokenizer');
  await buildVocabulary(texts, { out: tokenizer });
  return tokenizer;
};

describe('quotes', () => {
  it('that open and close in other rows cost one row', async () => {
    const data = await load(
      'a.csv',
      table(
        'image,caption',
        'i0.png,caption zero',
        'i1.png,"nail of five inch',
        'i2.png,caption two',
        'i3.png,caption three',
        'i4.png,nail of five"',
        'i5.png,caption five',
      ),
    );
    expect(captionsOf(data)).toEqual([
      ...['caption zero', 'caption two', 'caption three', 'nail of five"', 'caption five'],
    ]);
    expect(rejectsOf(data)).toEqual([expect.stringMatching(/a\.csv:3 .*line 3 .*line 6/)]);
  });

  it('that never close, or are written with back-slashes, cost one row', async () => {
    const open = await load(
      'a.csv',
      table('image,caption', 'i0.png,a', 'i1.png,"five', 'i2.png,b'),
    );
    expect(captionsOf(open)).toEqual(['a', 'b']);
    expect(rejectsOf(open)).toEqual([expect.stringMatching(/a\.csv:3 .*line 3 does not close/)]);
    const text = table('image,caption', 'i0.png,a', 'i1.png,"say \\"hi\\" now"', 'i2.png,b');
    const slashed = await load('b.csv', text);
    expect(captionsOf(slashed)).toEqual(['a', 'b']);
    expect(rejectsOf(slashed)).toEqual([expect.stringMatching(/b\.csv:3 .*escape: '\\\\'/)]);
    expect(captionsOf(await load('b.csv', text, { escape: '\\' }))).toEqual([
      ...['a', 'say "hi" now', 'b'],
    ]);
  });
});

it('mixed line ends keep rows apart and splits whole', async () => {
  const csv = 'image,caption\r\ni0.png,one\r\ni1.png,two\ni2.png,three\ni3.png,four\r';
  expect(captionsOf(await load('a.csv', csv))).toEqual(['one', 'two', 'three', 'four']);
  const tsv =
    'image\tcaption\tsplit\ni0.png\ta\ttrain\ni1.png\tb\ttrain\ni2.png\tc\ttrain\r\ni3.png\td\ttrain \n';
  const data = await load('a.tsv', tsv);
  expect(Object.keys(data.splits)).toEqual(['train']);
  expect(data.split('train').records).toHaveLength(4);
});

describe('columns', () => {
  it('that are named twice, or otherwise, are refused with the names there are', async () => {
    const twice = await failure('a.csv', table('image,caption,caption', 'i0.png,one,two'));
    expect(twice.message).toMatch(/two columns are called "caption"/);
    const rows = Array.from({ length: 10 }, (_, i) => `i${i}.png,thing ${i},0`);
    const other = await failure('a.csv', table('filepath,title,label', ...rows));
    expect(other.message).toMatch(/filepath, title, label.*image: 'filepath', caption: 'title'/);
    const columns = { image: 'filepath', caption: 'title' };
    expect(other.suggestion).toEqual({ columns });
    expect(
      captionsOf(await load('a.csv', table('filepath,title,label', ...rows), { columns })),
    ).toHaveLength(10);
  });
});

it('bytes of another encoding are refused by their line, and read when it is named', async () => {
  const text = table('image,caption', 'i0.png,café au lait', 'i1.png,naïve');
  const western = Buffer.from(text, 'latin1');
  const error = await failure('a.csv', western);
  expect(error.message).toMatch(/a\.csv:2: .*encoding: 'windows-1252'/);
  expect(captionsOf(await load('a.csv', western, { encoding: 'windows-1252' }))).toEqual([
    'café au lait',
    'naïve',
  ]);
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
  expect(captionsOf(await load('b.csv', utf16))).toEqual(['café au lait', 'naïve']);
});

it('a caption that images share makes no group of them, and is told', async () => {
  const rows = [0, 1, 2].map((i) => ({
    image: `i${i}.png`,
    captions: [`item ${'abc'[i]}`, 'photo'],
  }));
  const data = await load('a.jsonl', lines(rows));
  expect(data.report.splits['train']).toMatchObject({
    records: 3,
    captions: 6,
    distinctCaptions: 4,
    shared: { captions: 1, most: { caption: 'photo', images: 3 } },
  });
  expect(describeReport(data.report)).toContain('1 text shared by several images, "photo" by 3');
});

it('captions are the same when the tokenizer reads them as the same', async () => {
  const captions = [
    ...['A red shoe', 'a red shoe ', 'a  red\tshoe', 'a re\u0301d shoe', 'a r\u00e9d shoe'],
    ...['a red\u200b shoe', 'a red shoe.', 'a blue shoe'],
  ];
  const rows = captions.map((caption, i) => ({ image: `i${i}.png`, caption }));
  const tokenizer = await byWords(captions);
  const data = await load('a.jsonl', lines(rows), { tokenizer });
  const train = data.split('train');
  const identities = train.records.map((record) => train.textIdentity(record.captions[0] ?? ''));
  expect(new Set(identities.slice(0, 6)).size).toBe(1);
  expect(new Set(identities).size).toBe(3);
  expect(data.report.splits['train']).toMatchObject({
    distinctCaptions: 3,
    shared: { most: { images: 6 } },
  });
  const one = await load('b.jsonl', lines([{ image: 'i0.png', captions: captions.slice(0, 7) }]), {
    tokenizer,
  });
  expect(one.split('train').records[0]?.captions).toEqual(['A red shoe', 'a red shoe.']);
  expect(one.report.splits['train']?.repeatedCaptions).toBe(5);
});

it('one caption in all is said to teach nothing', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => ({ image: `i${i}.png`, caption: 'photo' }));
  const { report } = await load('a.jsonl', lines(rows));
  expect(report.splits['train']?.distinctCaptions).toBe(1);
  expect(describeReport(report)).toContain('there is nothing to learn from this split');
});

describe('the same picture in two splits', () => {
  const train = Array.from({ length: 8 }, (_, i) => ({
    image: `i${i}.png`,
    caption: `a${'abcdefgh'[i]}`,
  }));
  const test = [0, 1, 9].map((i) => ({ image: `./i${i}.png`, caption: `z`, split: 'test' }));

  it('is refused by its file, before a picture is decoded', async () => {
    await folder.write('i0.png', 'no picture');
    const error = await failure('a.jsonl', lines([...train, ...test]));
    expect(error.message).toMatch(
      /2 pictures are in the split "train" and in "test" too.*a\.jsonl:1 \(i0\.png\) and a\.jsonl:9 \(\.\/i0\.png\)/,
    );
    expect(error.suggestion).toEqual({ sharedPictures: 'allow' });
  });

  it('is refused by its content', async () => {
    await folder.picture('copy.png', 40);
    const rows = [...train, { image: 'copy.png', caption: 'copy', split: 'test' }];
    const error = await failure('a.jsonl', lines(rows));
    expect(error.message).toMatch(/1 picture is in .* under other names.*i2\.png.*copy\.png/);
  });

  it('is reported where it is allowed', async () => {
    await folder.picture('copy.png', 40);
    const rows = [...train, ...test, { image: 'copy.png', caption: 'copy', split: 'test' }];
    const { report } = await load('a.jsonl', lines(rows), { sharedPictures: 'allow' });
    expect(report.sharedPictures).toMatchObject([
      { splits: ['train', 'test'], by: 'file', pictures: 2 },
      { splits: ['train', 'test'], by: 'content', pictures: 1 },
    ]);
    expect(describeReport(report)).toContain('"train" and "test" share 2 pictures');
  });
});

it('a negative that is a true caption of its image is left out and named', async () => {
  const rows = [0, 1].map((i) => {
    const captions = [`a red thing ${'xy'[i]}`, `thing ${'xy'[i]} in red`];
    const own = captions.map((caption) => [
      { caption: caption.toUpperCase(), kind: 'own' },
      { caption: captions[0] ?? '', kind: 'other' },
      { caption: `a blue thing ${'xy'[i]}`, kind: 'colour' },
    ]);
    return { image: `i${i}.png`, captions, negatives: own };
  });
  const tokenizer = await byWords(rows.flatMap(({ captions }) => [...captions, 'blue']));
  const data = await load('a.jsonl', lines(rows), { tokenizer });
  expect(data.report.rejects).toHaveLength(8);
  expect(data.report.rejects[0]).toMatchObject({
    key: 'a.jsonl:1 (i0.png)',
    reason: 'false-negative',
    action: 'left-out',
    rows: 0,
  });
  expect(rejectsOf(data)[0]).toContain('"A RED THING X" beside the caption "a red thing x"');
  for (const { captions, negatives } of data.split('train').records) {
    expect(captions).toHaveLength(2);
    expect(negatives?.flat().map(({ kind }) => kind)).toEqual(['colour', 'colour']);
  }
  await expect(load('a.jsonl', lines(rows), { tokenizer, policy: 'fail' })).rejects.toThrow(
    'a negative is a true caption of its image',
  );
});

it('ids that JSON cannot hold are refused with advice', async () => {
  const data = await load(
    'a.jsonl',
    [
      '{"image":"i0.png","caption":"one","id":12345678901234567890}',
      '{"image":"i1.png","caption":"two","id":12345678901234567891}',
      '{"image":"i2.png","caption":"three","id":1.0}',
      '{"image":"i3.png","caption":"four","id":1}',
    ].join('\n'),
  );
  expect(data.split('train').records.map(({ id }) => id)).toEqual(['1']);
  expect(rejectsOf(data)).toHaveLength(3);
  for (const text of rejectsOf(data)) expect(text).toContain('Write it as text');
});

it('a line of any depth is a reject that names it', async () => {
  const deep = `{"image":"i1.png","caption":${'['.repeat(100_000)}"x"${']'.repeat(100_000)}}`;
  const rows = ['{"image":"i0.png","caption":"a"}', deep, '['.repeat(1_000_000)];
  const data = await load('a.jsonl', rows.join('\n'));
  expect(captionsOf(data)).toEqual(['a']);
  expect(data.report.rejects.map(({ key }) => key)).toEqual(['a.jsonl:2', 'a.jsonl:3']);
  expect(JSON.stringify(data.report).length).toBeLessThan(5000);
});

it('names that every object inherits are splits and ids like any other', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const rows = names.map((name, i) => ({
    image: `i${i}.png`,
    caption: 'abcd'[i],
    id: name,
    split: name,
  }));
  const data = await load('a.jsonl', lines(rows));
  expect(Object.keys(data.splits)).toEqual(names);
  expect(Object.keys(data.report.splits)).toEqual(names);
  for (const name of names) expect(data.split(name).records[0]?.id).toBe(name);
  expect(() => data.split('valueOf')).toThrow(/"__proto__" \(1 record\)/);
});
