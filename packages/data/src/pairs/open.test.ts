import { readdir } from 'node:fs/promises';
import { DataError, key } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeVocabulary, vocabularyTokenizer } from '../text/vocabulary';
import { pairBatches } from './batches';
import { describeReport } from './describe';
import { letters, testFolder, type TestFolder } from './folder.testing';
import { openPairs } from './open';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
  for (let i = 0; i < 6; i++) await folder.picture(`${i}.png`, 20 * i);
});
afterEach(() => folder.remove());

const rows = Array.from({ length: 6 }, (_, i) => ({
  image: `${i}.png`,
  captions: [`word${'abcdef'[i]}`, 'thing'],
  split: i < 4 ? 'train' : 'val',
}));

testOptions(
  'openPairs',
  (options) => openPairs(options),
  { describe, it },
  {
    required: { captions: 'captions.jsonl' },
    anyText: ['captions', 'background', 'images', 'pictureStore', 'text', 'split'],
    anyTexts: ['captions'],
  },
);

describe('openPairs', () => {
  it('goes from captions to a tokenizer of theirs to pictures, and writes nothing', async () => {
    const captions = await folder.captions(rows);
    const before = await readdir(folder.path);
    const opened = await openPairs({ captions, imageSize: 4, maxTokens: 8 });
    expect(opened.splits).toEqual({
      train: { records: 4, captions: 8 },
      val: { records: 2, captions: 4 },
    });
    expect(opened.captions('val')).toEqual(['worde', 'thing', 'wordf', 'thing']);
    const vocabulary = makeVocabulary(opened.captions('train'));
    const pairs = await opened.withTokenizer(vocabularyTokenizer(vocabulary));
    expect(pairs.tokenizer.vocabularySize).toBe(10);
    expect(pairs.report.splits).toMatchObject({
      train: { captions: 8, unknown: { tokens: 0, of: 8 }, inOtherSplits: 1 },
      val: { captions: 4, unknown: { tokens: 2, of: 4 }, inOtherSplits: 1 },
    });
    const data = await pairs.decode();
    expect(data.split('train').records).toEqual(pairs.split('train').records);
    expect(data.report).toEqual(pairs.report);
    expect(await readdir(folder.path)).toEqual(before);
  });

  it('refuses splits that differ by case alone, and tells of rows without one', async () => {
    const spelled = rows.map((row, i) => ({ ...row, split: i % 2 === 1 ? 'train' : 'Train' }));
    const captions = await folder.captions(spelled);
    await expect(openPairs({ captions })).rejects.toThrow(
      'splits differ by upper and lower case alone; expected one spelling of a split; got "Train" (3 rows) and "train" (3 rows).',
    );
    const some = rows.map(({ split, ...row }) => (split === 'val' ? { ...row, split } : row));
    const opened = await openPairs({ captions: await folder.captions(some), imageSize: 4 });
    const pairs = await opened.withTokenizer(vocabularyTokenizer(makeVocabulary(['thing'])));
    expect(pairs.report.doubts.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /some rows name no split and belong to "train"; .* got 4 rows without \(67 %\)\./,
      ),
    ]);
  });

  it('tells of labels that differ by case alone, and of captions without one', async () => {
    const classes = ['cat', 'Cat', undefined, 'dog', 'cat', 'cat'];
    const captions = await folder.captions(rows.map((row, i) => ({ ...row, label: classes[i] })));
    const opened = await openPairs({ captions, imageSize: 4 });
    const { report } = await opened.withTokenizer(vocabularyTokenizer(makeVocabulary(['thing'])));
    expect(report.doubts.map(({ message }) => message)).toEqual([
      expect.stringContaining('got 1 pair of labels, such as "cat" (3 rows) and "Cat" (1 row).'),
    ]);
    expect([report.splits['train']?.unlabelled, report.splits['val']?.unlabelled]).toEqual([2, 0]);
    expect(describeReport(report)).toMatch(/train: 4 images .* 2 captions without a label/);
  });

  it.each([
    ['0.png ', 'begins or ends with a space'],
    ['“0.png”', 'begins or ends with a quote'],
    ['a\\0.png', 'has backslashes'],
  ])('says what is odd about a path that leads nowhere: %j', async (image, said) => {
    const captions = await folder.captions([{ ...rows[0]!, image }]);
    const opened = await openPairs({ captions, imageSize: 4 });
    await expect(
      opened.withTokenizer(vocabularyTokenizer(makeVocabulary(['thing']))),
    ).rejects.toThrow(said);
  });

  it.each([
    ['1', '1.0'],
    ['01', '1'],
    ['hot dog', 'Hot  dog'],
  ])('tells of labels that are one class to a reader: %s and %s', async (first, second) => {
    const classes = [first, second, 'other', first, '10', first];
    const captions = await folder.captions(rows.map((row, i) => ({ ...row, label: classes[i] })));
    const opened = await openPairs({ captions, imageSize: 4 });
    const { report } = await opened.withTokenizer(vocabularyTokenizer(makeVocabulary(['thing'])));
    expect(report.doubts.map(({ message }) => message)).toEqual([
      expect.stringContaining(`got 1 pair of labels, such as "${first}" (3 rows) and "${second}"`),
    ]);
  });

  it('gives labels and groups with the captions', async () => {
    const lines =
      'image,question,answer,album\n0.png,what?,cat,x\n0.png,how many?,2,x\n1.png,a,,\n';
    const captions = await folder.write('q.csv', lines);
    const columns = { caption: 'question', label: 'answer', group: 'album' };
    const opened = await openPairs({ captions, columns, imageSize: 4 });
    const { records } = (await opened.withTokenizer(letters)).split('train');
    expect(records).toEqual([
      { id: '0.png', captions: ['what?', 'how many?'], labels: ['cat', '2'], group: 'x' },
      { id: '1.png', captions: ['a'] },
    ]);
  });

  it('holds records out, and refuses groups that are in two splits', async () => {
    const captions = await folder.captions(rows.map((row) => ({ ...row, split: undefined })));
    const held = await openPairs({ captions, holdOut: { test: 0.34 } });
    expect(held.splits).toMatchObject({ train: { records: 4 }, test: { records: 2 } });
    const torn = await folder.captions(rows.map((row, i) => ({ ...row, group: `g${i % 2}` })));
    const report = (await (await openPairs({ captions: torn })).withTokenizer(letters)).report;
    expect(report.sharedPictures).toMatchObject([{ by: 'group', pictures: 2 }]);
    await expect(openPairs({ captions: torn, columns: { group: 'group' } })).rejects.toThrow(
      /2 pictures are of groups that the splits "train" and "val" share/,
    );
  });

  it('knows of everything but damage before a picture is decoded', async () => {
    for (let i = 0; i < 6; i++) await folder.write(`${i}.png`, 'no picture');
    const captions = await folder.captions(rows);
    const opened = await openPairs({ captions });
    expect(() => opened.captions('test')).toThrow(
      /"train" \(4 records\), "val" \(2 records\).*holdOut: \{ test: 0\.1 \}/,
    );
    const pairs = await opened.withTokenizer(letters);
    expect(() => pairs.split('vall')).toThrow(/Did you mean "val"/);
    expect(() => pairBatches(pairs.split('val'), { batchSize: 3, key: key(0) })).toThrow(
      /at most 2/,
    );
    await expect(pairs.decode()).rejects.toThrow(/0\.png.*cannot be decoded/);
    const gone = [...rows, { image: 'gone.png', captions: ['x'], split: 'val' }];
    const other = await openPairs({ captions: await folder.captions(gone) });
    await expect(other.withTokenizer(letters)).rejects.toThrow(/gone\.png/);
  });

  it('shows the first cause when no row can be read', async () => {
    const captions = await folder.captions([{ file: '0.png', text: 'a' }]);
    const error: unknown = await openPairs({ captions }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).suggestion).toEqual({
      columns: { image: 'file', caption: 'text' },
    });
    await folder.captions([{ image: '0.png', text: 'a' }, ...rows.slice(1)]);
    expect((await openPairs({ captions })).splits).toHaveProperty('train');
  });
});

describe('a signal', () => {
  const reason = new Error('enough');
  const aborted = async (
    when: (controller: AbortController) => Parameters<typeof openPairs>[0],
    tokenizer = letters,
  ): Promise<unknown> => {
    const controller = new AbortController();
    const opened = await openPairs({ ...when(controller), signal: controller.signal });
    return (await opened.withTokenizer(tokenizer)).decode();
  };

  it('stops reading, tokenising and decoding with its reason', async () => {
    const captions = await folder.captions(rows);
    await expect(
      aborted((controller) => {
        controller.abort(reason);
        return { captions };
      }),
    ).rejects.toBe(reason);

    const many = Array.from({ length: 5000 }, (_, i) => ({
      image: '0.png',
      caption: `a${i}`,
      id: 'x',
    }));
    const large = await folder.write(
      'large.jsonl',
      many.map((row) => JSON.stringify(row)).join('\n'),
    );
    let encoded = 0;
    let stop: AbortController | undefined;
    const stopping = {
      ...letters,
      encode: (text: string) => {
        if (++encoded === 10) stop?.abort(reason);
        return letters.encode(text);
      },
    };
    const tokenising = aborted((controller) => {
      stop = controller;
      return { captions: large };
    }, stopping);
    await expect(tokenising).rejects.toBe(reason);

    let done = 0;
    const decoding = aborted((controller) => ({
      captions,
      concurrency: 1,
      onProgress: () => {
        done++;
        controller.abort(reason);
      },
    }));
    await expect(decoding).rejects.toBe(reason);
    expect(done).toBe(1);
  });

  it('that never aborts leaves no listener behind', async () => {
    const captions = await folder.captions(rows);
    const { signal } = new AbortController();
    let listening = 0;
    const count = (change: number, then: (...args: never[]) => void) =>
      function counted(this: AbortSignal, ...args: never[]): void {
        listening += change;
        then.apply(signal, args);
      };
    signal.addEventListener = count(1, signal.addEventListener.bind(signal));
    signal.removeEventListener = count(-1, signal.removeEventListener.bind(signal));
    const opened = await openPairs({ captions, signal });
    await (await opened.withTokenizer(letters)).decode();
    expect(listening).toBe(0);
  });
});
