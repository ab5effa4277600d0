import { DataError, key } from '@crossweave/core';
import { dispose } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unitNormalisation } from '../image/normalise';
import { pairBatches } from './batches';
import { describeReport } from './describe';
import { letters, testFolder, type TestFolder } from './folder.testing';
import { loadPairs } from './load';

const common = {
  ...{ tokenizer: letters, imageSize: 4, maxTokens: 8, normalise: unitNormalisation },
  incomplete: 'allow',
} as const;
let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
  await folder.picture('a.png', 100);
});
afterEach(() => folder.remove());

const rows = [
  { image: 'a.png', caption: 'abc' },
  { image: null, caption: 'abd' },
  { caption: 'abd', label: 'x' },
  { image: 'a.png', caption: ' ', id: 'mute' },
];

describe('records with a missing side', () => {
  it('have a name of their own, a blank picture or an empty text, and are told', async () => {
    const data = await loadPairs({ ...common, captions: await folder.captions(rows) });
    const split = data.split('train');
    expect(split.records).toEqual([
      { id: 'a.png', captions: ['abc'] },
      { id: expect.stringMatching(/captions\.jsonl:2$/), captions: ['abd'], missing: 'image' },
      {
        id: expect.stringMatching(/captions\.jsonl:3$/),
        ...{ captions: ['abd'], labels: ['x'], missing: 'image' },
      },
      { id: 'mute', captions: [''], missing: 'text' },
    ]);
    const images = await split.images([0, 1, 3]);
    const values = images.dataSync();
    // The mean of `unitNormalisation` is black.
    [100, 0, 100].forEach((level, b) => {
      expect(values[b * 48]).toBeCloseTo(level / 255, 6);
    });
    dispose(images);
    expect(data.report.rejects).toEqual([]);
    expect(data.report.splits['train']!.incomplete).toEqual({ image: 2, text: 1 });
    expect(describeReport(data.report)).toContain(
      '2 records without a picture; 1 record without a text',
    );
    expect(() => pairBatches(split, { batchSize: 1, key: key(0) })).toThrow(
      /captions\.jsonl:2" has no image.*imageDropout/,
    );
  });

  it('may be cells of a table that are empty, or a column that is not there', async () => {
    const table = await folder.write('all.csv', 'image,caption\na.png,\n,abc\n,\n');
    const data = await loadPairs({ ...common, captions: table });
    expect(data.split('train').records.map(({ missing }) => missing)).toEqual(['text', 'image']);
    expect(data.report.rejects.map(({ error }) => error.message)).toEqual([
      expect.stringContaining('neither an image nor a caption'),
    ]);
    const texts = await folder.write('texts.csv', 'caption\nabc\n');
    const alone = await loadPairs({ ...common, captions: texts });
    expect(alone.split('train').records[0]!.missing).toBe('image');
  });

  it('are refused unless they are asked for, and so is a misspelt column', async () => {
    const captions = await folder.captions(rows.slice(1));
    await expect(loadPairs({ ...common, captions, incomplete: 'refuse' })).rejects.toThrow(
      /there is no image/,
    );
    const slip = await folder.captions([{ imge: 'a.png', caption: 'abc' }]);
    await expect(loadPairs({ ...common, captions: slip })).rejects.toThrow(DataError);
    await expect(loadPairs({ ...common, captions: slip })).rejects.toThrow(/image: 'imge'/);
  });
});
