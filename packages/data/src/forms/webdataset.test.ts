import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import { errors, png, records, reds, rows, writeInto } from './dataset.testing';
import { tarEnd, tarOf, type TestEntry } from './tar.testing';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder.remove());

const write = (name: string, content: string | Uint8Array): Promise<string> =>
  writeInto(folder, name, content);

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

  it('refuses a sample whose json has a key twice', async () => {
    const sample = async (key: string, json: string): Promise<TestEntry[]> => [
      { name: `${key}.png`, content: await png(10) },
      { name: `${key}.json`, content: json },
    ];
    const samples = [
      ...(await sample('a', '{"caption": "one", "meta": {"caption": 1}}')),
      ...(await sample('b', '{"caption": "one", "caption": "two"}')),
      ...(await sample('c', '{"caption": "one", "meta": [{"k": 1, "k": 2}]}')),
    ];
    const read = await rows(await write('s.tar', Buffer.concat([tarOf(samples), tarEnd])));
    expect(records(read.filter((row) => 'record' in row))).toMatchObject([{ captions: ['one'] }]);
    expect(errors(read)).toEqual([
      expect.stringMatching(/s\.tar \(b\): the json file has the key "caption" twice/),
      expect.stringMatching(/s\.tar \(c\): the json file has the key "meta\.k" twice/),
    ]);
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
