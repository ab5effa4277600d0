import { join } from 'node:path';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder, type TestFolder } from '../pairs/folder.testing';
import { errors, png, records, reds, rows, writeInto } from './dataset.testing';
import { openDataset } from './open-dataset';
import { tarEnd, tarOf } from './tar.testing';

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

  it('refuses what has a key twice, and reads the rest', async () => {
    const content = `{"images": [
      {"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png", "file_name": "c.png"}],
      "annotations": [{"image_id": 7, "caption": "one"}, {"image_id": 7, "caption": "x", "caption": "y"}]}`;
    const read = await rows(await write('captions.json', content));
    expect(records(read.filter((row) => 'record' in row))).toMatchObject([{ captions: ['one'] }]);
    expect(errors(read)).toEqual([
      expect.stringMatching(/\(image 2\): the element has the key "file_name" twice/),
      expect.stringMatching(/\(annotation 2\): the element has the key "caption" twice/),
    ]);
    const lists = await write('twice.json', '{"images": [], "annotations": [], "images": []}');
    await expect(rows(lists)).rejects.toThrow(/twice\.json: the file has the key "images" twice/);
    const sentences = '[{"raw": "one", "raw": "two"}]';
    const splits = `{"images": [{"filename": "a.png", "sentences": ${sentences}}]}`;
    expect(errors(await rows(await write('karpathy.json', splits)))).toEqual([
      expect.stringMatching(/\(image 1\): .*"sentences\.raw" twice/),
    ]);
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
