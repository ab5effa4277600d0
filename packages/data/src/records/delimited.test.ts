import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { DelimitedReader } from './delimited';
import type { Dialect } from './delimited-records';
import type { Columns } from './columns';
import type { Row } from './record';
import { readWhole } from './row-reader.testing';

const csv: Dialect = { delimiter: ',', quote: '"', escape: '"' };
const tsv: Dialect = { ...csv, delimiter: '\t' };

function read(text: string, dialect: Partial<Dialect> = {}, columns: Columns = {}): Row[] {
  const reader = new DelimitedReader({ ...csv, ...dialect }, { file: 'c.csv', columns });
  return readWhole(reader, text);
}
const captions = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => ('record' in row ? row.record.captions : []));
const errors = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => ('error' in row ? [row.error.message] : []));
const failure = (
  text: string,
  dialect: Partial<Dialect> = {},
  columns: Columns = {},
): DataError => {
  try {
    read(text, dialect, columns);
  } catch (error) {
    if (error instanceof DataError) return error;
  }
  throw new Error('no DataError was thrown');
};

describe('readDelimited', () => {
  it('reads quotes, commas and line breaks within fields, and counts lines', () => {
    const rows = read(
      'image,caption,split\r\na.png,"a red, ""round"" thing",val\r\nb.png,"two\r\nlines",\r\nc.png, c ,test\r\n',
    );
    expect(rows).toEqual([
      {
        line: 2,
        lines: 1,
        record: {
          id: 'a.png',
          image: 'a.png',
          split: 'val',
          captions: ['a red, "round" thing'],
          line: 2,
        },
      },
      {
        line: 3,
        lines: 2,
        record: {
          id: 'b.png',
          image: 'b.png',
          split: 'train',
          namesNoSplit: true,
          captions: ['two\r\nlines'],
          line: 3,
        },
      },
      {
        line: 5,
        lines: 1,
        record: { id: 'c.png', image: 'c.png', split: 'test', captions: ['c'], line: 5 },
      },
    ]);
  });

  it('reads every kind of line end, mixed, and blank lines count to no row', () => {
    const rows = read('image,caption,split\r\n\r\na,one,x\nb,two,x\r\rc,three,x\r\n  \n\nd,four,x');
    expect(captions(rows)).toEqual(['one', 'two', 'three', 'four']);
    expect(rows.map(({ line }) => line)).toEqual([3, 4, 6, 9]);
    expect(rows.every((row) => 'record' in row && row.record.split === 'x')).toBe(true);
  });

  it('takes tabs, semicolons and bars, other quotes and none', () => {
    const tabs = 'image\tcaption\na.png\ta, b\nb.png\tthe 5" disk\nc.png\t"a\tb"\n';
    expect(captions(read(tabs, tsv))).toEqual(['a, b', 'the 5" disk', 'a\tb']);
    expect(captions(read('image;caption\na;"x; y"\n', { delimiter: ';' }))).toEqual(['x; y']);
    expect(captions(read("image|caption\na|'x|y'\n", { delimiter: '|', quote: "'" }))).toEqual([
      'x|y',
    ]);
    expect(captions(read('image\tcaption\na\t"x\nb\ty"\n', { ...tsv, quote: false }))).toEqual([
      '"x',
      'y"',
    ]);
  });

  it('takes a quote within an unquoted field as text', () => {
    const rows = read('image,caption\na.png,the 5" disk\nb.png,3" by 4"\n');
    expect(captions(rows)).toEqual(['the 5" disk', '3" by 4"']);
  });

  it('reports rows with too few or too many fields, and reads the others', () => {
    const rows = read('image,caption\na.png,x\nb.png,too,many\nc.png\nd.png,z,,\n');
    expect(rows.map((row) => 'record' in row)).toEqual([true, false, false, true]);
    expect(errors(rows)).toEqual([
      expect.stringMatching(/^c\.csv:3: line 3 does not fit the header; expected 2 .*got 3: /),
      expect.stringMatching(/^c\.csv:4: .*got 1: "c\.png"/),
    ]);
  });

  it('takes names such as __proto__ and constructor like any other', () => {
    const text = 'constructor,__proto__,id\na,x,__proto__\nb,y,constructor\n';
    const rows = read(text, {}, { image: 'constructor', caption: '__proto__', split: 'id' });
    expect(rows).toMatchObject([
      { record: { image: 'a', captions: ['x'], id: '__proto__', split: '__proto__' } },
      { record: { image: 'b', captions: ['y'], id: 'constructor' } },
    ]);
    expect(failure('image,text\na,x\n', {}, { caption: 'toString' }).message).toContain(
      'no column for the caption',
    );
  });

  it('reports zero bytes and empty fields by their line', () => {
    const rows = read('image,caption\na,x\0y\nb\0,x\n,x\nb,\nhttps://a/b.png,x\n');
    expect(errors(rows)).toEqual([
      expect.stringMatching(/c\.csv:2: a caption holds a zero byte/),
      expect.stringMatching(/c\.csv:3: the path of the image holds a zero byte/),
      expect.stringMatching(/c\.csv:4: there is no image/),
      expect.stringMatching(/c\.csv:5: a caption is empty/),
      expect.stringMatching(/c\.csv:6: the image is a URL/),
    ]);
  });
});

describe('a header', () => {
  it.each([
    ['image,caption,caption', {}, 'caption'],
    ['image,caption,image', {}, 'image'],
    ['image,caption,id,id', {}, 'id'],
    ['image,caption,k,k', { split: 'k' }, 'k'],
  ])('%s that names a column twice is refused', (header, columns, name) => {
    const error = failure(`${header}\na,b,c,d\n`, {}, columns);
    expect(error.message).toContain(`c.csv:1: two columns are called "${name}"`);
  });

  it('may repeat names that nobody reads, and leave columns without a name', () => {
    expect(captions(read(',image,caption,,x,x\n0,a,one,,1,2\n'))).toEqual(['one']);
  });

  it.each([
    ['filepath,title,label', { image: 'filepath', caption: 'title' }],
    ['file_name,text', { image: 'file_name', caption: 'text' }],
    ['Path,Description', { image: 'Path', caption: 'Description' }],
    ['url,sentence', { image: 'url', caption: 'sentence' }],
    ['imgae,captoin', { image: 'imgae', caption: 'captoin' }],
    ['image,alt text', { caption: 'alt text' }],
  ])('%s is shown, and %j suggested', (header, columns) => {
    const error = failure(`${header}\na,b,c\n`);
    expect(error.suggestion).toEqual({ columns });
    for (const name of header.split(',')) expect(error.message).toContain(name);
    expect(error.message).toContain('columns: { ');
    expect(error.where).toBe('c.csv:1');
  });

  it('keeps the columns that were named in its suggestion', () => {
    const columns = { image: 'filpath', split: 'part' };
    expect(failure('filepath,title,part\na,b,c\n', {}, columns).suggestion).toEqual({
      columns: { image: 'filepath', caption: 'title', split: 'part' },
    });
  });

  it('suggests nothing where nothing fits, and misses ids and splits that were named', () => {
    const error = failure('x,y\na,b\n');
    expect(error.suggestion).toBeUndefined();
    expect(error.message).toMatch(/the columns x, y.*Name the columns with columns: /);
    expect(failure('image,caption\na,b\n', {}, { split: 'fold' }).message).toContain('"fold"');
    expect(failure('image,caption\na,b\n', {}, { id: 'key' }).message).toContain('"key"');
  });

  it.each([
    ['image;caption;split', ','],
    ['image\tcaption', ','],
    ['image|caption', ','],
    ['image,caption', '\t'],
    ['filepath;title', ','],
  ])('%j is not separated by %j, and the error says so', (header, delimiter) => {
    const other = /[;\t|,]/.exec(header)?.[0];
    const error = failure(`${header}\na.png\n`, { delimiter });
    expect(error.suggestion).toEqual({ delimiter: other });
    expect(error.message).toContain('separated by another character');
  });

  it('with a damaged quote is refused', () => {
    expect(failure('"image,caption\na,b\n').message).toContain('the quote that opens on line 1');
  });
});
