import { array, assert, constantFrom, integer, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelimitedReader } from './delimited';
import type { Dialect } from './delimited-records';
import type { Row } from './record';
import { readWhole } from './row-reader.testing';

const csv: Dialect = { delimiter: ',', quote: '"', escape: '"' };
const tsv: Dialect = { ...csv, delimiter: '\t' };

function read(text: string, dialect: Partial<Dialect> = {}): Row[] {
  const reader = new DelimitedReader({ ...csv, ...dialect }, { file: 'c.csv', columns: {} });
  return readWhole(reader, text);
}
const captions = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => ('record' in row ? row.record.captions : []));
const errors = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => ('error' in row ? [row.error.message] : []));

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
