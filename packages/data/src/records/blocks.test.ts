import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelimitedReader } from './delimited';
import { JsonlReader } from './jsonl';
import { lineBlocks } from './line-blocks';
import type { Row } from './record';
import type { RowReader } from './row-reader';
import { bytesSource, readWhole } from './row-reader.testing';

const context = { file: 'c', columns: {} };
const dialect = { delimiter: ',', quote: '"', escape: '"' } as const;

/** What stands in a captions file, whole or torn. */
const pieces = [
  ...['image,caption\n', 'a.png,x\n', 'b.png,"two\nlines"\n', 'c.png,"open\n', 'd.png,e"\r\n'],
  ...[
    '\n',
    '\r',
    '"',
    'f,"g ""h"" \r\n, i"\n',
    ',',
    'é\u2028\n',
    '{"image":"a","caption":"b"}\r\n',
  ],
];
const texts = array(constantFrom(...pieces), { maxLength: 12 });

/** The blocks of a text, as reading in chunks of a size gives them. */
async function blocksOf(text: string, size: number): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  const source = bytesSource(Buffer.from(text), 'c', size);
  for await (const block of lineBlocks(source.chunks(), 'c')) blocks.push(block);
  return blocks;
}

describe('lineBlocks', () => {
  it('gives all bytes, and ends blocks with lines, of which none is torn', async () => {
    for (const size of [1, 2, 3, 5, 100]) {
      const text = 'a\r\nbé\rc\n\n\r\r\nlast';
      const blocks = await blocksOf(text, size);
      expect(Buffer.concat(blocks).toString()).toBe(text);
      for (const block of blocks.slice(0, -1)) expect(block.toString()).toMatch(/[\r\n]$/);
      const whole = blocks.flatMap((block) => block.toString().match(/\r\n|\r|\n/g) ?? []);
      expect(whole).toEqual(text.match(/\r\n|\r|\n/g));
    }
  });

  it('refuses a file that is one line without an end', async () => {
    const chunk = Buffer.alloc(2 ** 20, 'x');
    const chunks = async function* () {
      for (let i = 0; i < 100; i++) yield await Promise.resolve(chunk);
    };
    const read = async (): Promise<void> => {
      for await (const block of lineBlocks(chunks(), 'c.jsonl')) expect(block).toBe('nothing');
    };
    await expect(read()).rejects.toThrow(/c\.jsonl: a line is too long/);
  });
});

describe('rows', () => {
  it.each<[string, () => RowReader]>([
    ['JSON lines', () => new JsonlReader(context)],
    ['CSV', () => new DelimitedReader(dialect, context)],
  ])('of %s are the same in blocks of any size', async (_, reader) => {
    const cases: [string, number][] = [];
    assert(
      property(tuple(texts, integer({ min: 1, max: 30 })), ([parts, size]) => {
        cases.push([`image,caption\n${parts.join('')}`, size]);
      }),
      { numRuns: 300 },
    );
    for (const [text, size] of cases) {
      const read = reader();
      const rows: Row[] = [];
      for (const block of await blocksOf(text, size)) rows.push(...read.read(block));
      rows.push(...read.end());
      expect(rows).toEqual(readWhole(reader(), text));
    }
  });

  it('wait for a quote to close, up to 4 MiB', () => {
    const long = `a,"${'line\n'.repeat(20_000)}"\n`;
    const reader = new DelimitedReader(dialect, context);
    const rows = [...reader.read(Buffer.from('image,caption\nx,y\n'))];
    for (const line of long.match(/[^\n]*\n/g) ?? []) rows.push(...reader.read(Buffer.from(line)));
    rows.push(...reader.read(Buffer.from('b,c\n')), ...reader.end());
    expect(rows).toMatchObject([
      { line: 2 },
      { line: 3, lines: 20_001 },
      { line: 20_004, record: { image: 'b' } },
    ]);

    const open = new DelimitedReader(dialect, context);
    const block = Buffer.from('x,yyyy\n'.repeat(40_000));
    let read = open.read(Buffer.from('image,caption\na,"b\n'));
    for (let i = 0; i < 20 && read.length === 0; i++) read = open.read(block);
    expect(read[0]).toMatchObject({ line: 2, lines: 1, error: { code: 'data' } });
    expect(read.slice(1).every((row) => 'record' in row)).toBe(true);
    expect(open.end()).toEqual([]);
  });
});
