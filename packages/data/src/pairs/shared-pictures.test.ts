import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import type { ReadSample } from './samples';
import { findShared, refuseShared, type SharedPictures } from './shared-pictures';

const sample = (line: number, split: string, path: string): ReadSample => ({
  id: `${line}`,
  image: path,
  split,
  captions: ['a'],
  line,
  path,
  where: `c.csv:${line}`,
  rows: 1,
});

describe('findShared', () => {
  it('counts pictures by pairs of splits, whichever comes first', () => {
    const samples = [
      sample(2, 'train', 'a'),
      sample(3, 'test', 'a'),
      sample(4, 'test', 'b'),
      sample(5, 'train', 'b'),
      sample(6, 'val', 'a'),
      sample(7, 'train', 'c'),
    ];
    expect(findShared(samples, 'file', ({ path }) => path)).toEqual([
      {
        splits: ['train', 'test'],
        by: 'file',
        pictures: 2,
        example: ['c.csv:2 (a)', 'c.csv:3 (a)'],
      },
      {
        splits: ['train', 'val'],
        by: 'file',
        pictures: 1,
        example: ['c.csv:2 (a)', 'c.csv:6 (a)'],
      },
      { splits: ['test', 'val'], by: 'file', pictures: 1, example: ['c.csv:3 (a)', 'c.csv:6 (a)'] },
    ]);
  });

  it('leaves files out of contents, and what has no key', () => {
    const samples = [
      sample(2, 'train', 'a'),
      sample(3, 'test', 'a'),
      sample(4, 'test', 'copy'),
      sample(5, 'train', 'unread'),
      sample(6, 'test', 'unread too'),
    ];
    const keyOf = ({ path }: ReadSample): string | undefined =>
      path.startsWith('unread') ? undefined : 'digest';
    expect(findShared(samples, 'content', keyOf)).toMatchObject([
      { pictures: 1, example: ['c.csv:2 (a)', 'c.csv:4 (copy)'] },
    ]);
  });
});

describe('refuseShared', () => {
  const splits = Object.fromEntries(
    Object.entries({ train: 1000, test: 100 }).map(([name, count]) => [
      name,
      { name, records: Array.from({ length: count }, () => ({ id: '', captions: [] })) } as never,
    ]),
  );
  const shared = (by: SharedPictures['by'], pictures: number): SharedPictures[] => [
    { splits: ['train', 'test'], by, pictures, example: ['c.csv:2 (a)', 'c.csv:9 (b)'] },
  ];

  it('refuses one file, but of contents those of more than 5 % of the smaller split', () => {
    expect(() => {
      refuseShared(shared('file', 1), 'c.csv', splits);
    }).toThrow(DataError);
    expect(() => {
      refuseShared(shared('content', 5), 'c.csv', splits);
    }).not.toThrow();
    expect(() => {
      refuseShared(shared('content', 6), 'c.csv', splits);
    }).toThrow(/6 pictures are in the split "train" and in "test" too, under other names/);
  });
});
