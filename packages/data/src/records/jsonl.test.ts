import { array, assert, constantFrom, integer, json, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Columns } from './columns';
import { JsonlReader } from './jsonl';
import type { Row } from './record';
import { readWhole } from './row-reader.testing';

const read = (text: string, columns: Columns = {}): Row[] =>
  readWhole(new JsonlReader({ file: 'c.jsonl', columns }), text);
const message = (text: string, columns: Columns = {}): string => {
  const [row] = read(text, columns);
  return row !== undefined && 'error' in row ? row.error.message : 'no error';
};

describe('readJsonl', () => {
  it('reads one caption or several, and counts lines', () => {
    const rows = read(
      '{"image":"a.png","caption":"one"}\r\n\n{"image":"b.png","captions":["one"," two "],"id":7,"split":"val"}\r{"image":"c","caption":"\u2028x"}',
    );
    expect(rows).toEqual([
      {
        line: 1,
        lines: 1,
        record: {
          ...{ id: 'a.png', image: 'a.png', split: 'train', namesNoSplit: true },
          ...{ captions: ['one'], line: 1 },
        },
      },
      {
        line: 3,
        lines: 1,
        record: { id: '7', image: 'b.png', split: 'val', captions: ['one', 'two'], line: 3 },
      },
      {
        line: 4,
        lines: 1,
        record: {
          ...{ id: 'c', image: 'c', split: 'train', namesNoSplit: true },
          ...{ captions: ['x'], line: 4 },
        },
      },
    ]);
  });

  it('reads negatives that fit the captions', () => {
    const negatives = [[{ caption: ' two', kind: 'swap', more: 1 }], []];
    const [row] = read(JSON.stringify({ image: 'a', captions: ['x', 'y'], negatives }));
    expect(row).toMatchObject({ record: { negatives: [[{ caption: 'two', kind: 'swap' }], []] } });
    for (const wrong of [negatives, [['two']], 'two', [[{ caption: '', kind: 'x' }]], {}]) {
      expect(message(JSON.stringify({ image: 'a', caption: 'x', negatives: wrong }))).toContain(
        '"negatives"',
      );
    }
  });

  it('misses nothing where a field stands twice', () => {
    const twice = '{"image":"a","caption":"x", "caption" : "y"}';
    expect(message(twice)).toMatch(/line 1 has the field "caption" twice/);
    const named = '{"image":"a","caption":"x","more":{"k":1},"k":1,"k":2}';
    expect(message(named)).toContain('"k" twice');
    const within = [[{ kind: 'swap', caption: 'y', kind2: { a: 1 } }]];
    const row = JSON.stringify({ image: 'a', caption: 'x', negatives: within });
    expect(message(row)).toBe('no error');
    expect(message(row.replace('kind2', 'caption'))).toContain('"negatives.caption" twice');
    const apart = [
      { image: 'caption', caption: 'image', more: { caption: 1, image: [{ image: 2 }] } },
      { image: 'a', caption: '"caption": "x"' },
      { image: 'a\\', caption: '\\"image":' },
    ];
    expect(apart.map((fields) => message(JSON.stringify(fields)))).toEqual(
      apart.map(() => 'no error'),
    );
  });

  it('names the line that is not JSON and reads the others', () => {
    const rows = read('{"image":"a","caption":"x"}\n{"image":\n{"image":"b","caption":"y"}');
    expect(rows.map((row) => 'record' in row)).toEqual([true, false, true]);
    expect(rows[1]).toMatchObject({ line: 2, error: { code: 'data' } });
    expect(message('{"image":')).toMatch(/^c\.jsonl:1: line 1 is not JSON/);
    expect(message('[1]')).toContain('not a JSON object');
  });

  it.each([
    ['lists without an end', '['.repeat(1_000_000)],
    ['lists', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
    ['objects', `${'{"a":'.repeat(300_000)}1${'}'.repeat(300_000)}`],
    ['a caption', `{"image":"a","caption":${'['.repeat(200_000)}"x"${']'.repeat(200_000)}}`],
    [
      'negatives',
      `{"image":"a","caption":"x","negatives":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    ],
  ])('reports %s of any depth by their line', (_, line) => {
    const rows = read(`{"image":"a","caption":"x"}\n${line}\n{"image":"b","caption":"y"}\n`);
    expect(rows.map((row) => 'record' in row)).toEqual([true, false, true]);
    expect(rows[1]).toMatchObject({ line: 2, error: { code: 'data', where: 'c.jsonl:2' } });
    expect(JSON.stringify(rows[1]).length).toBeLessThan(2000);
  });

  it('says what a row lacks, the fields there are, and what seems to be meant', () => {
    expect(message('{"image":"a","captoin":"x"}')).toMatch(
      /no field for the caption.*image, captoin.*columns: \{ caption: 'captoin' \}/,
    );
    expect(message('{"caption":"x"}')).toContain('no field for the image');
    expect(message('{"file_name":"a","text":"x"}')).toContain(
      "columns: { image: 'file_name', caption: 'text' }",
    );
    expect(message('{"image":"a","caption":"x","split":[]}')).toContain('"split" is not text');
  });

  it('takes other fields by name, among them those that every object inherits', () => {
    const columns = { image: 'file', caption: '__proto__', id: 'constructor', split: 'part' };
    const [row] = read('{"file":"a","__proto__":"x","constructor":"k","part":"test"}', columns);
    expect(row).toMatchObject({ record: { id: 'k', image: 'a', split: 'test', captions: ['x'] } });
    expect(message('{"image":"a","caption":"x"}', { caption: 'constructor' })).toContain(
      'no field for the caption',
    );
  });

  it('misses ids and splits that were named and are in no line', () => {
    const text = '{"image":"a","caption":"x","part":"val"}\n{"image":"b","caption":"y"}';
    expect(read(text, { split: 'part' })).toMatchObject([
      { record: { split: 'val' } },
      { record: { split: 'train' } },
    ]);
    expect(() => read(text, { split: 'fold' })).toThrow(/no line has the field "fold".*part/);
    expect(() => read(text, { id: 'key' })).toThrow(/"key"/);
  });

  it('gives one row for every line that is not blank, and reads right what is right', () => {
    const good = record({ image: string({ minLength: 1 }), caption: string() });
    assert(
      property(
        array(good, { maxLength: 6 }),
        array(json(), { maxLength: 4 }),
        integer({ min: 0, max: 6 }),
        constantFrom('\n', '\r\n', '\r'),
        (records, others, at, end) => {
          const lines = records.map(({ image, caption }) =>
            JSON.stringify({
              image: `i${image.replaceAll('\0', '')}`,
              caption: `c${caption.replaceAll('\0', '')}`,
            }),
          );
          lines.splice(at, 0, ...others.map((text) => `${text.slice(0, -1)}[`));
          const rows = read(lines.join(end));
          expect(rows).toHaveLength(lines.filter((line) => line.trim() !== '').length);
          const captions = rows.flatMap((row) => ('record' in row ? row.record.captions : []));
          expect(captions).toEqual(
            records.map(({ caption }) => `c${caption.replaceAll('\0', '')}`.trim()),
          );
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });
});
