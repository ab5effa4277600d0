import { DataError } from '@crossweave/core';
import { assert, constantFrom, integer, property, record, array, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDelimited } from './delimited';
import type { Dialect } from './delimited-records';
import type { Columns } from './columns';
import type { Row } from './record';

const csv: Dialect = { delimiter: ',', quote: '"', escape: '"' };
const tsv: Dialect = { ...csv, delimiter: '\t' };

function read(text: string, dialect: Partial<Dialect> = {}, columns: Columns = {}): Row[] {
  return [...readDelimited(text, { ...csv, ...dialect }, { file: 'c.csv', columns })];
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

describe('damaged quotes', () => {
  it('that never close cost one line, and name the line where they open', () => {
    const rows = read('image,caption\ni0,zero\ni1,"a 5 inch nail\ni2,two\ni3,three\n');
    expect(captions(rows)).toEqual(['zero', 'two', 'three']);
    expect(rows[1]).toMatchObject({ line: 3, lines: 1 });
    expect(errors(rows)).toEqual([
      expect.stringContaining('c.csv:3: the quote that opens on line 3 does not close'),
    ]);
  });

  it('that close in a later row cost one line, and name both lines', () => {
    const rows = read(
      'image,caption\ni0.png,zero\ni1.png,"nail of 5 inch\ni2.png,two\ni3.png,three\ni4.png,nail of 5"\ni5.png,five\n',
    );
    expect(captions(rows)).toEqual(['zero', 'two', 'three', 'nail of 5"', 'five']);
    expect(errors(rows)).toEqual([
      expect.stringMatching(/c\.csv:3: the quote that opens on line 3 closes only on line 6/),
    ]);
  });

  it.each([
    ['in the middle column', 'image,caption,split\na.png,"five inch,x\nb.png,of 5",x\nc.png,c,x\n'],
    ['in the first column', 'caption,image\n"five inch,a.png\nof 5",b.png\nc,c.png\n'],
    ['without extensions', 'image,caption\na1,"five inch\nb1,of 5"\nc1,c\n'],
  ])('are told %s', (_, text) => {
    const rows = read(text);
    expect(captions(rows)).toEqual(['of 5"', 'c']);
    expect(errors(rows)).toEqual([expect.stringMatching(/:2: the quote that opens on line 2/)]);
  });

  it('written with back-slashes cost one line each, or none with escape', () => {
    const text =
      'image,caption\ni0,zero\ni1,"say \\"hi\\" now"\ni2,two\ni3,"\\"a\\" and \\"b\\""\ni4,"x \\", y"\ni5,five\n';
    const rows = read(text);
    expect(captions(rows)).toEqual(['zero', 'two', 'five']);
    expect(rows.filter((row) => 'error' in row).map(({ line }) => line)).toEqual([3, 5, 6]);
    for (const row of rows) {
      if (!('error' in row)) continue;
      expect(row.error.advice).toContain("escape: '\\\\'");
      expect(row.error.suggestion).toEqual({ escape: '\\' });
    }
    expect(captions(read(text, { escape: '\\' }))).toEqual([
      'zero',
      'say "hi" now',
      'two',
      '"a" and "b"',
      'x ", y',
      'five',
    ]);
  });

  it('in files of tabs cost one line', () => {
    const rows = read('image\tcaption\na\t"Hello" he said\nb\t"open\nc\t"""quoted"" text"\n', tsv);
    expect(captions(rows)).toEqual(['"quoted" text']);
    expect(rows.map(({ line }) => line)).toEqual([2, 3, 4]);
  });

  it('are doubted where a field that spans lines holds as many delimiters as a row', () => {
    const rows = read('image,caption\na.png,"first line\nsecond line, with a comma"\nb.png,b\n');
    expect(captions(rows)).toEqual(['first line\nsecond line, with a comma', 'b']);
    expect(rows[0]).toMatchObject({ line: 2, lines: 2, doubt: { code: 'data', where: 'c.csv:2' } });
    expect(rows[1]).not.toHaveProperty('doubt');
  });

  it('open on the line that is named, where fields before span lines', () => {
    const rows = read('caption,image,split\n"two\nlines","open.png,x\nc,c.png,x\n');
    expect(errors(rows)).toEqual([
      expect.stringContaining('c.csv:2: the quote that opens on line 3'),
    ]);
    expect(rows[0]).toMatchObject({ line: 2, lines: 2 });
    expect(captions(rows)).toEqual(['c']);
  });

  /** One damaged row among good ones: what it is replaced by, given its image. */
  const damages: Readonly<Record<string, (image: string, delimiter: string) => string>> = {
    'an open quote': (image, delimiter) => `${image}${delimiter}"five inch`,
    'an open quote in the first field': (image, delimiter) => `"${image}${delimiter}five`,
    'text after a quote': (image, delimiter) => `${image}${delimiter}"say" it`,
    'back-slashes': (image, delimiter) => `${image}${delimiter}"say \\"hi\\" now"`,
    'a back-slash at the end': (image, delimiter) => `${image}${delimiter}"say \\"hi\\""`,
    'too few fields': (image) => image,
    'too many fields': (image, delimiter) => [image, 'x', 'y', 'z'].join(delimiter),
    'no image': (_, delimiter) => `${delimiter}x`,
    'a zero byte': (image, delimiter) => `${image}${delimiter}x\0`,
  };

  it('cost one row wherever they stand, and the others are read right', () => {
    const text = string({ unit: constantFrom('a', 'b', ' ', '"', '\n', '\r\n', ',', '\t', 'é') });
    const body = array(record({ caption: text, quoted: constantFrom(true, false) }), {
      minLength: 1,
      maxLength: 8,
    });
    const lineEnds = array(constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 10 });
    assert(
      property(
        body,
        lineEnds,
        constantFrom(csv, tsv),
        constantFrom(...Object.values(damages)),
        integer({ min: 0, max: 8 }),
        (cells, ends, dialect, damage, at) => {
          const { delimiter } = dialect;
          const wanted = cells.map(({ caption }, i) => `c${i} ${caption}`.trim());
          const lines = cells.map(({ quoted }, i) => {
            const plain = wanted[i] ?? '';
            const needed = quoted || /["\r\n]/.test(plain) || plain.includes(delimiter);
            const cell = needed ? `"${plain.replaceAll('"', '""')}"` : plain;
            return `i${i}.png${delimiter}${cell}`;
          });
          lines.splice(Math.min(at, lines.length), 0, damage('bad.png', delimiter));
          const whole = [`image${delimiter}caption`, ...lines]
            .map((line, i) => `${line}${ends[i % ends.length] ?? '\n'}`)
            .join('');
          const rows = read(whole, dialect);
          expect(errors(rows)).toHaveLength(1);
          expect(captions(rows)).toEqual(wanted);
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });
});
