import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import { errors, png, records, reds, rows, writeInto } from './dataset.testing';
import { openDataset } from './open-dataset';
import { tarEnd, tarOf, type TestEntry } from './tar.testing';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

testOptions(
  'openDataset',
  (options) => openDataset(join(folder.path, 'c.jsonl'), options),
  {
    describe,
    it,
  },
  { anyText: ['images', 'text', 'split'] },
);

const write = (name: string, content: string | Uint8Array): Promise<string> =>
  writeInto(folder, name, content);

describe('COCO', () => {
  const coco = {
    images: [
      { id: 7, file_name: 'a.png', height: 1 },
      { id: 8, file_name: 'b.png' },
      { id: 8, file_name: 'c.png' },
      { id: 9, file_name: 'none.png' },
    ],
    annotations: [
      { image_id: 7, id: 1, caption: 'one' },
      { image_id: 8, id: 2, caption: 'two' },
      { image_id: 7, id: 3, caption: 'three' },
      { image_id: 5, id: 4, caption: 'lost' },
      { image_id: 8, id: 5, caption: ' ' },
    ],
  };

  it('joins annotations to images, whatever comes first, and counts what does not fit', async () => {
    const { images, annotations } = coco;
    for (const object of [coco, { info: {}, annotations, images }]) {
      const file = await write('annotations/captions_val2017.json', JSON.stringify(object));
      const read = await rows(file);
      expect(records(read.filter((row) => 'record' in row))).toMatchObject([
        { id: '7', image: 'a.png', captions: ['one'], split: 'val' },
        { id: '8', captions: ['two'] },
        { id: '7', captions: ['three'] },
      ]);
      expect(errors(read).join('\n')).toMatch(
        /\(image 3\).*no other image(.|\n)*\(annotation 4\)(.|\n)*\(annotation 5\)(.|\n)*none\.png\): .*no caption/,
      );
    }
  });

  it('finds the images beside the annotations, of several files too', async () => {
    for (const [name, level] of [
      ['train2017', 1],
      ['val2017', 2],
    ] as const) {
      await write(`${name}/a.png`, await png(level));
      const file = { images: [coco.images[0]], annotations: [coco.annotations[0]] };
      await write(`annotations/captions_${name}.json`, JSON.stringify(file));
    }
    expect(await reds(folder.path, 'train')).toEqual({ 7: 1 });
    expect(await reds(folder.path, 'val')).toEqual({ 7: 2 });
  });

  it('takes split, label and group of an image for all of its captions', async () => {
    const images = [
      { id: 1, file_name: 'a.png', split: 'test', label: 'x', group: 'g' },
      { id: 2, file_name: 'b.png', split: 'train' },
    ];
    const annotations = [
      { image_id: 1, caption: 'one' },
      { image_id: 2, caption: 'two', label: 'y' },
    ];
    const file = await write('captions.json', JSON.stringify({ images, annotations }));
    expect(records(await rows(file))).toMatchObject([
      { id: '1', split: 'test', labels: ['x'], group: 'g' },
      { id: '2', split: 'train', labels: ['y'] },
    ]);
  });

  it.each(['latin1', 'utf16le'] as const)(
    'is refused in another encoding: %s',
    async (encoding) => {
      const object = { images: [{ id: 1, file_name: 'a.png' }], annotations: [] as object[] };
      object.annotations.push({ image_id: 1, caption: 'café' });
      const mark = encoding === 'utf16le' ? '\ufeff' : '';
      const file = await write(
        'captions.json',
        Buffer.from(mark + JSON.stringify(object), encoding),
      );
      await expect(rows(file)).rejects.toThrow(/captions\.json: the file is not UTF-8/);
    },
  );

  it("reads Karpathy's splits", async () => {
    const image = { filepath: 'val2014', filename: 'a.jpg', split: 'restval' };
    const sentences = [{ raw: 'one' }, { raw: 'two' }];
    const file = await write(
      'dataset_coco.json',
      JSON.stringify({ images: [{ ...image, sentences }] }),
    );
    expect(records(await rows(file))).toMatchObject([
      { image: 'val2014/a.jpg', captions: ['one', 'two'], split: 'restval' },
    ]);
  });
});

describe('Flickr30k', () => {
  it('is known by its header, in both forms', async () => {
    const file = await write(
      'results.csv',
      'image_name| comment_number| comment\n1.jpg| 0| Two "young" guys , one | tall .\n1.jpg| 1| A man .\n2.jpg| 4   A dog\n',
    );
    const read = await rows(file);
    expect(records(read.slice(1, 2))).toMatchObject([{ image: '1.jpg', captions: ['A man .'] }]);
    expect(errors(read)).toHaveLength(2);
    const lists = await write(
      'annotations.csv',
      'raw,sentids,split,filename,img_id\n"[""one"", ""two""]","[0, 1]",val,1.jpg,0\noops,[],val,2.jpg,1\n',
    );
    const both = await rows(lists);
    expect(records(both.slice(0, 1))).toMatchObject([
      { image: '1.jpg', captions: ['one', 'two'], split: 'val' },
    ]);
    expect(errors(both)).toHaveLength(1);
  });

  it('is read by the delimiter that is asked for', async () => {
    const file = await write('results.csv', 'image_name| comment_number| comment\n1.jpg| 0| One\n');
    await expect(rows(file, { delimiter: ',' })).rejects.toThrow(/another character/);
  });
});

describe('WebDataset', () => {
  const entries = async (): Promise<TestEntry[]> => [
    { name: './d/', type: '5' },
    { name: './d/a.b/0.png', content: await png(10) },
    { name: './d/a.b/0.txt', content: 'zero' },
    { name: './d/a.b/0.json', content: '{"caption": "other", "group": "g"}' },
    { name: './d/a.b/0.cls', content: '3' },
    { name: '1.seg.png', content: 'mask' },
    { name: '1.PNG', content: await png(11) },
    { name: '1.json', content: '{"captions": ["one", "uno"], "label": 5}' },
  ];

  it('takes names apart at the first dot of their base, and joins what is one sample', async () => {
    const shard = await write('train-000.tar', Buffer.concat([tarOf(await entries()), tarEnd]));
    const read = await rows(shard, { columns: { image: 'png' } });
    expect(records(read)).toMatchObject([
      { id: 'train-000/d/a.b/0', captions: ['zero'], labels: ['3'], group: 'g', split: 'train' },
      { id: 'train-000/1', captions: ['one', 'uno'], labels: [5, 5] },
    ]);
    expect(errors(await rows(shard))).toEqual([expect.stringMatching(/several images.*columns/)]);
  });

  it('tells once of captions in json files that differ from those that are read', async () => {
    const sample = async (key: string, json: object): Promise<TestEntry[]> => [
      { name: `${key}.png`, content: await png(10) },
      { name: `${key}.txt`, content: 'zero\n' },
      { name: `${key}.json`, content: JSON.stringify(json) },
    ];
    const shardOf = async (...samples: object[]): Promise<string> => {
      const all = await Promise.all(samples.map((json, i) => sample(String(i), json)));
      return write('s.tar', Buffer.concat([tarOf(all.flat()), tarEnd]));
    };
    const doubts = async (path: string): Promise<string[]> =>
      (await rows(path)).flatMap((row) => ('doubt' in row ? row.doubt!.message : []));
    expect(await doubts(await shardOf({ caption: 'zero' }, { captions: ['zero'] }, {}))).toEqual(
      [],
    );
    const told = await doubts(
      await shardOf({ caption: 'zero' }, { caption: 'one' }, { captions: ['two'] }),
    );
    expect(told).toEqual([
      expect.stringMatching(/s\.tar \(1\): the json file has another caption.*"one" beside "zero"/),
    ]);
  });

  it('rejects samples that are torn, repeated or lack a part, each with its key', async () => {
    const bad = [
      { name: 'a.png', content: 'x' },
      { name: 'b.png', content: 'x' },
      { name: 'b.txt', content: 'b' },
      { name: 'a.txt', content: 'a' },
      { name: 'c.txt', content: 'c' },
      { name: 'd.png', type: '2' },
      { name: 'plain', content: 'x' },
      { name: 'e.png', content: 'x' },
      { name: 'e.png', content: 'y' },
      { name: 'f.png', content: 'x' },
      { name: 'f.json', content: '{' },
    ];
    const shard = await write('s.tar', Buffer.concat([tarOf(bad), tarEnd]));
    const read = await rows(shard);
    expect(read.map((row) => ('error' in row ? row.error.message : row.record.id))).toEqual([
      expect.stringMatching(/s\.tar \(a\): .*caption/),
      's/b',
      expect.stringMatching(/s\.tar \(a\): .*do not follow one another/),
      expect.stringMatching(/s\.tar \(c\): .*no image/),
      expect.stringMatching(/s\.tar \(d\): .*a link/),
      expect.stringMatching(/s\.tar \(plain\): .*no file with a key/),
      expect.stringMatching(/s\.tar \(e\): .*two files "png"/),
      expect.stringMatching(/s\.tar \(f\): .*not JSON/),
    ]);
    const cut = await write('cut.tar', tarOf(bad));
    await expect(rows(cut)).rejects.toThrow(/cut\.tar: the archive is damaged/);
  });

  it('rejects a sample whose text is not UTF-8, and passes over files of other kinds', async () => {
    const sample = (key: string, field: string): TestEntry[] => [
      { name: `${key}.png`, content: 'picture' },
      { name: `${key}.caption`, content: 'text' },
      { name: `${key}.${field}`, content: Buffer.from('"caf\xe9"', 'latin1') },
    ];
    const fields = ['txt', 'json', 'cls', 'npy', 'group'];
    const shard = Buffer.concat([tarOf(fields.flatMap((field) => sample(field, field))), tarEnd]);
    const read = await rows(await write('s.tar', shard));
    expect(read.map((row) => ('error' in row ? row.error.message : row.record.id))).toEqual([
      expect.stringContaining('s.tar (txt): the txt file of the sample is not UTF-8'),
      expect.stringContaining('the json file of the sample is not UTF-8'),
      expect.stringContaining('the cls file of the sample is not UTF-8'),
      's/npy',
      expect.stringContaining('the group file of the sample is not UTF-8'),
    ]);
  });

  it('tells shards of one name apart, whose samples would else be one', async () => {
    const expected: Record<string, number> = {};
    for (const [i, place] of ['a', 'b'].entries()) {
      const sample = [
        { name: '0.png', content: await png(30 + i) },
        { name: '0.txt', content: place },
      ];
      await write(`${place}/s.tar`, Buffer.concat([tarOf(sample), tarEnd]));
      expected[`${place}/s/0`] = 30 + i;
    }
    const files = ['a', 'b'].map((place) => join(folder.path, place, 's.tar'));
    expect(await reds(files)).toEqual(expected);
    await expect(rows([...files, join(folder.path, 'b', '..', 'a', 's.tar')])).rejects.toThrow(
      /a file of the dataset is named twice/,
    );
  });

  it('rejects a sample whose label is too long to be read, and passes over files of other kinds', async () => {
    const long = 'x'.repeat(2 ** 24 + 1);
    const sample = (key: string, other: string): TestEntry[] => [
      { name: `${key}.jpg`, content: 'picture' },
      { name: `${key}.txt`, content: key },
      { name: `${key}.${other}`, content: long },
    ];
    const shard = Buffer.concat([tarOf([...sample('a', 'cls'), ...sample('b', 'npy')]), tarEnd]);
    const read = await rows(await write('train.tar', shard));
    expect(errors(read)).toEqual([
      expect.stringMatching(/train.tar \(a\): the cls file .* too long/),
    ]);
    expect(read).toHaveLength(2);
  });

  it('gives the same pictures from tar, tgz, the network and several shards', async () => {
    const tar = (i: number, image: Buffer): Buffer =>
      Buffer.concat([
        tarOf([
          { name: `${i}.png`, content: image },
          { name: `${i}.txt`, content: 'abc' },
        ]),
        tarEnd,
      ]);
    const expected: Record<string, number> = {};
    for (let i = 0; i < 3; i++) {
      await write(`plain/s-${i}.tar`, tar(i, await png(20 + i)));
      await write(`packed/s-${i}.tgz`, gzipSync(tar(i, await png(20 + i))));
      expected[`s-${i}/${i}`] = 20 + i;
    }
    expect(await reds(join(folder.path, 'plain'))).toEqual(expected);
    expect(await reds(join(folder.path, 'packed', 's-{0..2}.tgz'))).toEqual(expected);

    let failures = 1;
    const server = createServer((request, response) => {
      const served = /s-(\d)\.tar/.exec(request.url ?? '');
      if (served === null) {
        response.statusCode = 404;
        response.end();
        return;
      }
      response.statusCode = failures-- > 0 ? 503 : 200;
      void png(20 + Number(served[1])).then((image) =>
        response.end(response.statusCode === 200 ? tar(Number(served[1]), image) : ''),
      );
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await reds(`http://127.0.0.1:${port}/s-{0..2}.tar?x=1`)).toEqual(expected);
      await expect(rows(`http://127.0.0.1:${port}/none.tar`)).rejects.toThrow(
        /none\.tar.*HTTP 404/,
      );
    } finally {
      server.close();
    }
    const packed = gzipSync(tar(0, await png(1)));
    const torn = await write('torn.tgz', packed.subarray(0, packed.length - 10));
    await expect(rows(torn)).rejects.toThrow(DataError);
  });
});

describe('records of a program', () => {
  it('have images as bytes or paths, and are counted', async () => {
    await folder.picture('a.png', 40);
    const made = async function* (): AsyncGenerator<object> {
      yield { image: 'a.png', caption: 'one', id: 'a' };
      yield await Promise.resolve({ image: await png(41), caption: 'two', label: 1 });
      yield 'text' as never;
    };
    const read = await rows(made(), { images: folder.path });
    expect(records(read.slice(0, 2))).toMatchObject([{ id: 'a' }, { id: 'record 2', labels: [1] }]);
    expect(errors(read)).toEqual([expect.stringMatching(/record 3: .*no object/)]);
    expect(await reds([{ image: await png(42), caption: 'x', id: 'b' }])).toEqual({ b: 42 });
  });
});

describe('recognising', () => {
  it('says how to choose where a folder holds several datasets', async () => {
    await write('a.jsonl', '{"image": "a", "caption": "b"}');
    expect((await openDataset(folder.path)).format).toBe('jsonl');
    await write('b.csv', 'image,caption\na,b\n');
    await expect(openDataset(folder.path)).rejects.toThrow(
      /jsonl: a\.jsonl; csv: b\.csv.*Name one/,
    );
    expect((await openDataset(folder.path, { format: 'csv' })).format).toBe('csv');
    await write('c.csv', 'image,caption\na,b\n');
    await expect(openDataset(folder.path, { format: 'csv' })).rejects.toThrow(/several datasets/);
  });

  it('refuses what is not there, not known, or of several forms', async () => {
    await expect(openDataset(join(folder.path, 'x'))).rejects.toThrow(
      /the dataset is missing.*ENOENT/,
    );
    await expect(openDataset(folder.path)).rejects.toThrow(/form of the dataset is not known/);
    const [a, b] = [await write('a.tar', ''), await write('b.csv', 'image,caption\n')];
    await expect(openDataset([a, b])).rejects.toThrow(/several forms/);
    await expect(openDataset([b, `${b}.csv`])).rejects.toThrow(/not read as one dataset/);
    await expect(openDataset([])).rejects.toThrow(/not known/);
    await expect(openDataset('https://example.org/x.csv')).rejects.toThrow(/shards alone/);
    await expect(openDataset(a, { delimiter: ';' })).rejects.toThrow(/webdataset has no delimiter/);
    await expect(openDataset(1 as never)).rejects.toThrow(/"source"/);
  });

  it('wants the fields that are named, and a record at all', async () => {
    const tar = tarOf([
      { name: 'a.png', content: 'x' },
      { name: 'a.txt', content: 'a' },
    ]);
    const shard = await write('a.tar', Buffer.concat([tar, tarEnd]));
    await expect(rows(shard, { columns: { label: 'answer' } })).rejects.toThrow(
      /no record.*"answer"/,
    );
    await expect(rows(await write('b.tar', tarEnd))).rejects.toThrow(/holds no record/);
  });
});
