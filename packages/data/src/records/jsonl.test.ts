import { describe, expect, it } from 'vitest';
import { readJsonl } from './jsonl';

const read = (text: string, columns = {}): ReturnType<typeof readJsonl> =>
  readJsonl(text, { file: 'c.jsonl', columns });
const message = (text: string, columns = {}): string => {
  const [row] = read(text, columns);
  return row !== undefined && 'error' in row ? row.error.message : 'no error';
};

describe('readJsonl', () => {
  it('reads one caption or several, and counts lines', () => {
    const rows = read(
      '{"image":"a.png","caption":"one"}\r\n\n{"image":"b.png","captions":["one"," two "],"id":7,"split":"val"}\n',
    );
    expect(rows).toEqual([
      {
        line: 1,
        record: { id: 'a.png', image: 'a.png', split: 'train', captions: ['one'], line: 1 },
      },
      {
        line: 3,
        record: { id: '7', image: 'b.png', split: 'val', captions: ['one', 'two'], line: 3 },
      },
    ]);
  });

  it('reads negatives that fit the captions', () => {
    const negatives = [[{ caption: 'two', kind: 'swap' }], []];
    const [row] = read(JSON.stringify({ image: 'a', captions: ['x', 'y'], negatives }));
    expect(row).toMatchObject({ record: { negatives } });
    expect(message(JSON.stringify({ image: 'a', caption: 'x', negatives }))).toContain(
      '"negatives"',
    );
    expect(message(JSON.stringify({ image: 'a', caption: 'x', negatives: [['two']] }))).toContain(
      '"negatives"',
    );
  });

  it('names the line that is not JSON and reads the others', () => {
    const rows = read('{"image":"a","caption":"x"}\n{"image":\n{"image":"b","caption":"y"}');
    expect(rows.map((row) => 'record' in row)).toEqual([true, false, true]);
    expect(rows[1]).toMatchObject({ line: 2, error: { code: 'data' } });
    expect(message('{"image":')).toMatch(/^c\.jsonl:1: line 1 is not JSON/);
    expect(message('[1]')).toContain('not a JSON object');
  });

  it('says what a row lacks, and the nearest field', () => {
    expect(message('{"image":"a","captoin":"x"}')).toContain('Did you mean "captoin"?');
    expect(message('{"caption":"x"}')).toContain('there is no image');
    expect(message('{"image":"a","caption":[]}')).toContain('a caption is empty');
    expect(message('{"image":"a","caption":["x",""]}')).toContain('a caption is empty');
    expect(message('{"image":"a","caption":"x","split":[]}')).toContain('"split" is not text');
  });

  it('takes other fields by name', () => {
    const columns = { image: 'file', caption: 'text', id: 'key', split: 'part' };
    const [row] = read('{"file":"a","text":"x","key":"k","part":"test"}', columns);
    expect(row).toMatchObject({ record: { id: 'k', image: 'a', split: 'test', captions: ['x'] } });
  });
});
