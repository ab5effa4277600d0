import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import type { Row } from '../records/record';
import { toSamples } from './samples';

function row(line: number, fields: { id?: string; image: string; split?: string }): Row {
  const record = {
    id: fields.image,
    split: 'train',
    captions: [`caption ${line}`],
    line,
    ...fields,
  };
  return { line, record };
}

describe('toSamples', () => {
  it('resolves images against the folder of the captions file', () => {
    const { samples } = toSamples(
      [row(1, { image: 'a/b.png' }), row(2, { image: '/c.png' })],
      '/d/c.csv',
    );
    expect(samples).toMatchObject([
      { path: '/d/a/b.png', where: 'c.csv:1' },
      { path: '/c.png', where: 'c.csv:2' },
    ]);
  });

  it('joins rows of one image within a split, however its path is written', () => {
    const rows = [
      row(1, { image: 'a.png' }),
      row(2, { image: 'a.png', split: 'val' }),
      row(3, { image: './a.png', id: 'other' }),
    ];
    const { samples, bad } = toSamples(rows, '/d/c.csv');
    expect(bad).toEqual([]);
    expect(samples).toMatchObject([
      { id: 'a.png', split: 'train', captions: ['caption 1', 'caption 3'], line: 1 },
      { id: 'a.png', split: 'val', captions: ['caption 2'] },
    ]);
  });

  it('sets bad rows and repeated ids aside', () => {
    const error = new DataError('damaged');
    const rows: Row[] = [
      { line: 1, error },
      row(2, { image: 'a.png', id: 'x' }),
      row(3, { image: 'b.png', id: 'x' }),
      row(4, { image: 'b.png', id: 'x', split: 'val' }),
    ];
    const { samples, bad } = toSamples(rows, '/d/c.csv');
    expect(samples.map(({ line }) => line)).toEqual([2, 4]);
    expect(bad).toMatchObject([{ key: 'c.csv:1', error }, { key: 'c.csv:3' }]);
    expect(bad[1]?.error.message).toContain('the id "x" is taken');
  });
});
