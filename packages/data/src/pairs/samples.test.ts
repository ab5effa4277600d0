import { dirname } from 'node:path';
import { DataError } from '@crossweave/core';
import { array, assert, constantFrom, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptionRecord, Row } from '../records/record';
import { RowJoiner, type BadRow, type ReadSample } from './samples';

function row(line: number, fields: Partial<CaptionRecord> & { image: string }): Row {
  const made = {
    id: fields.image,
    split: 'train',
    captions: [`caption ${line}`],
    line,
    ...fields,
  };
  return { line, lines: 1, record: made };
}

function join(rows: readonly Row[], file: string): { samples: ReadSample[]; bad: BadRow[] } {
  const joiner = new RowJoiner(file, dirname(file));
  joiner.add(rows.slice(0, 1));
  joiner.add(rows.slice(1));
  expect(joiner.rows).toBe(rows.length);
  return { samples: joiner.samples(), bad: joiner.bad };
}

describe('RowJoiner', () => {
  it('resolves images against the folder of the captions file', () => {
    const { samples } = join(
      [row(1, { image: 'a/b.png' }), row(2, { image: '/c.png' })],
      '/d/c.csv',
    );
    expect(samples).toMatchObject([
      { path: '/d/a/b.png', where: 'c.csv:1' },
      { path: '/c.png', where: 'c.csv:2' },
    ]);
  });

  it('joins labels caption by caption, and refuses a second group', () => {
    const rows = [
      row(1, { image: 'a.png', group: 'p' }),
      row(2, { image: 'a.png', group: 'p', labels: ['yes'] }),
      row(3, { image: 'a.png', group: 'q' }),
      row(4, { image: 'b.png' }),
    ];
    const { samples, bad } = join(rows, 'c.csv');
    expect(samples[0]).toMatchObject({ labels: [undefined, 'yes'], group: 'p', rows: 2 });
    expect(samples[1]).not.toHaveProperty('labels');
    expect(bad.map(({ error }) => error.message).join()).toMatch(/c\.csv:3: .*group "p".*got "q"/);
  });

  it('joins rows of one image within a split, however its path is written', () => {
    const rows = [
      row(1, { image: 'a.png' }),
      row(2, { image: 'a.png', split: 'val' }),
      row(3, { image: './a.png', id: 'other' }),
    ];
    const { samples, bad } = join(rows, '/d/c.csv');
    expect(bad).toEqual([]);
    expect(samples).toMatchObject([
      { id: 'a.png', split: 'train', captions: ['caption 1', 'caption 3'], line: 1, rows: 2 },
      { id: 'a.png', split: 'val', captions: ['caption 2'], rows: 1 },
    ]);
  });

  it('keeps names that every object inherits apart', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const rows = names.map((name, i) => row(i + 1, { image: name, id: name, split: name }));
    expect(join(rows, '/d/c.csv').samples.map(({ id, split }) => [id, split])).toEqual(
      names.map((name) => [name, name]),
    );
  });

  it('takes every row into one sample or sets it aside', () => {
    const images = ['a', './a', 'b', 'c', 'd/../c'];
    const place = record({
      image: constantFrom(...images),
      split: constantFrom('train', 'val'),
      id: constantFrom('1', '2', '3'),
    });
    assert(
      property(array(place, { maxLength: 30 }), (places) => {
        const rows = places.map((fields, i) => row(i + 1, fields));
        const { samples, bad } = join(rows, '/d/c.csv');
        const taken = samples.reduce((sum, sample) => sum + sample.rows, 0);
        expect(taken + bad.length).toBe(rows.length);
        const captions = samples.flatMap((sample) => sample.captions);
        expect(captions).toHaveLength(taken);
        expect(new Set(captions).size).toBe(taken);
      }),
    );
  });

  it('joins many rows of few images', () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => row(i + 1, { image: `${i % 2}.png` }));
    const { samples } = join(rows, '/d/c.csv');
    expect(samples.map(({ captions }) => captions.length)).toEqual([20_000, 20_000]);
    expect(samples[1]?.captions.at(-1)).toBe('caption 40000');
  });

  it('takes a row with more captions than a call has arguments', () => {
    const captions = Array.from({ length: 300_000 }, (_, i) => `caption ${i}`);
    const large = row(1, { image: 'a.png' });
    if (!('record' in large)) throw new Error('no record');
    const { samples } = join([{ ...large, record: { ...large.record, captions } }], '/d/c.csv');
    expect(samples[0]?.captions).toHaveLength(300_000);
  });

  it('tells of ids that go with their rows, and not of paths written in two ways', () => {
    const joiner = new RowJoiner('/d/c.csv', '/d');
    joiner.add([row(1, { image: 'a.png' }), row(2, { image: './a.png' })]);
    expect(joiner.doubts('c.csv')).toEqual([]);
    joiner.add([row(3, { image: 'b.png', id: 'x' }), row(4, { image: 'b.png', id: 'y' })]);
    expect(joiner.doubts('c.csv').map(({ got }) => got)).toEqual([
      '1 row with another id, such as "y" (c.csv:4) after "x"; the first one stays',
    ]);
  });

  it('sets bad rows and repeated ids aside', () => {
    const error = new DataError('damaged');
    const rows: Row[] = [
      { line: 1, lines: 1, error },
      row(2, { image: 'a.png', id: 'x' }),
      row(3, { image: 'b.png', id: 'x' }),
      row(4, { image: 'b.png', id: 'x', split: 'val' }),
    ];
    const { samples, bad } = join(rows, '/d/c.csv');
    expect(samples.map(({ line }) => line)).toEqual([2, 4]);
    expect(bad).toMatchObject([{ key: 'c.csv:1', error }, { key: 'c.csv:3' }]);
    expect(bad[1]?.error.message).toContain('the id "x" is taken');
  });
});
