import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { describeRejects, describeReport } from './describe';
import type { Reject } from './rejects';

const reject = (line: number): Reject => ({
  key: `c.csv:${line}`,
  reason: 'damaged-image',
  rows: 1,
  action: line === 1 ? 'placeholder' : 'skipped',
  error: new DataError(`picture ${line}`),
});

describe('describeRejects', () => {
  it('counts by reason and shows the first', () => {
    expect(describeRejects({ rows: 9, rejects: [1, 2, 3].map(reject) }, 2)).toBe(
      [
        '9 rows, 3 rejects: 1 damaged-image placeholder, 2 damaged-image skipped',
        '  picture 1.',
        '  picture 2.',
        '  … and 1 more',
      ].join('\n'),
    );
  });

  it('says that nothing was rejected', () => {
    expect(describeRejects({ rows: 9, rejects: [] })).toBe('9 rows, no rejects');
  });
});

describe('describeReport', () => {
  const none = {
    records: 10,
    captions: 20,
    distinctCaptions: 18,
    repeatedCaptions: 0,
    shared: { captions: 0 },
    cut: { captions: 0, longest: 9 },
    inOtherSplits: 0,
  };
  const report = {
    rows: 20,
    rejects: [],
    doubts: [],
    sharedPictures: [],
    maxTokens: 16,
    splits: { train: none },
  };

  it('says in one line what is worth no further word', () => {
    expect(describeReport(report)).toBe(
      '20 rows, no rejects\ntrain: 10 images with 20 captions, 18 of them different',
    );
  });

  it('tells everything that could make a figure less than it seems', () => {
    const train = {
      ...none,
      repeatedCaptions: 1,
      shared: { captions: 2, most: { caption: 'a picture', images: 7 } },
      cut: { captions: 5, longest: 40 },
      unknown: { tokens: 3, of: 60 },
      inOtherSplits: 4,
    };
    const text = describeReport({
      ...report,
      doubts: [new DataError('two rows in one', { where: 'c.csv:3' })],
      sharedPictures: [
        { splits: ['train', 'test'], by: 'content', pictures: 2, example: ['x', 'y'] },
      ],
      splits: {
        train,
        test: { ...none, distinctCaptions: 1 },
        labelled: { ...none, distinctCaptions: 1, unlabelled: 0 },
      },
    });
    expect(text.split('\n')).toEqual([
      '20 rows, no rejects',
      'doubtful: c.csv:3: two rows in one.',
      '"train" and "test" share 2 pictures under different names, such as x and y: a model trained on one split has seen them',
      'train: 10 images with 20 captions, 18 of them different; 1 repeated caption left out; 2 texts shared by several images, "a picture" by 7 of them; 5 captions (25 %) cut at 16 tokens, the longest has 40; 5.0 % of the tokens unknown to the tokenizer (3 of 60); 4 texts in another split too',
      'test: 10 images with 20 captions, 1 of them different; all captions are one text, so there is nothing to learn from this split',
      'labelled: 10 images with 20 captions, 1 of them different; all captions are one text, so only the pictures can tell the labels',
    ]);
  });
});
