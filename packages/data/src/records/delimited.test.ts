import { describe, expect, it } from 'vitest';
import { readCsv, readTsv } from './delimited';

const context = { file: 'c.csv', columns: {} };

describe('readCsv', () => {
  it('reads quotes, commas and line breaks within fields, and counts lines', () => {
    const rows = readCsv(
      'image,caption,split\r\na.png,"a red, ""round"" thing",val\r\nb.png,"two\nlines",\r\nc.png,c,test\r\n',
      context,
    );
    expect(rows).toMatchObject([
      { line: 2, record: { image: 'a.png', captions: ['a red, "round" thing'], split: 'val' } },
      { line: 3, record: { image: 'b.png', captions: ['two\nlines'], split: 'train' } },
      { line: 5, record: { image: 'c.png', captions: ['c'], split: 'test' } },
    ]);
  });

  it('reports rows that do not fit the header and reads the others', () => {
    const rows = readCsv('image,caption\na.png,x\nb.png,too,many\nc.png,z\n', context);
    expect(rows.map((row) => 'record' in row)).toEqual([true, false, true]);
    expect(rows[1]).toMatchObject({ line: 3, error: { code: 'data' } });
  });

  it('reports an open quote', () => {
    const rows = readCsv('image,caption\na.png,"x\nb.png,y\n', context);
    expect(rows.some((row) => 'error' in row)).toBe(true);
  });

  it('names the columns there are when none holds captions', () => {
    const [row] = readCsv('image,text\na.png,x\n', context);
    expect(row).toMatchObject({ line: 2 });
    expect(row !== undefined && 'error' in row && row.error.message).toContain('image, text');
  });
});

describe('readTsv', () => {
  it('reads tabs, with commas and quotes in the text as they are', () => {
    const rows = readTsv('image\tcaption\na.png\ta, b\nb.png\tthe 5" disk\n', context);
    expect(rows).toMatchObject([
      { record: { captions: ['a, b'] } },
      { record: { captions: ['the 5" disk'] } },
    ]);
  });
});
