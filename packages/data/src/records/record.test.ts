import { describe, expect, it } from 'vitest';
import { toRow, type Row } from './record';

const context = { file: 'c.jsonl', columns: {} };
const place = { line: 4, lines: 1 };
const row = (fields: object, source?: string): Row =>
  toRow(
    { values: new Map(Object.entries(fields)), ...(source !== undefined && { source }) },
    place,
    context,
  );
const message = (fields: object, source?: string): string => {
  const read = row(fields, source);
  return 'error' in read ? read.error.message : 'no error';
};

describe('toRow', () => {
  it('takes the image as id and train as split where none is named', () => {
    expect(row({ image: 'a.png', caption: ' x ', id: '', split: null })).toEqual({
      ...place,
      record: {
        ...{ id: 'a.png', image: 'a.png', split: 'train', namesNoSplit: true },
        ...{ captions: ['x'], line: 4 },
      },
    });
  });

  it('gives the error of a row instead of throwing it, without the whole of its value', () => {
    const deep: unknown[] = [];
    for (let list = deep, i = 0; i < 100_000; i++) list.push((list = []));
    for (const caption of [5, deep, { a: deep }, [deep], null, [], '', '\u200b\u00ad', ['x', '']]) {
      const read = row({ image: 'a.png', caption });
      expect(read).toMatchObject({ line: 4, error: { code: 'data', where: 'c.jsonl:4' } });
      expect(JSON.stringify(read).length).toBeLessThan(1000);
    }
    expect(message({ image: 'a', caption: ['x', ''] })).toContain('empty text as caption 2 of 2');
    expect(message({ image: 'a', caption: deep })).toContain('got a list');
  });

  it('refuses numbers as ids that JSON cannot tell apart, with advice', () => {
    const id = (text: string): string => {
      const source = `{"image":"a","caption":"b","id": ${text} }`;
      const read = row(JSON.parse(source) as object, source);
      return 'error' in read ? read.error.message : read.record.id;
    };
    expect([id('0'), id('1'), id('-7'), id('9007199254740991'), id('"1.0"')]).toEqual([
      ...['0', '1', '-7', '9007199254740991', '1.0'],
    ]);
    for (const text of ['12345678901234567890', '9007199254740993', '1.0', '1e0', '0.5', '-0']) {
      expect(id(text)).toMatch(/"id" is a number that cannot be told.*Write it as text/);
      expect(id(text)).toContain(`got ${text}.`);
    }
    expect(message({ image: 'a', caption: 'b', id: true })).toContain('"id" is not text; ');
    expect(message({ image: 'a', caption: 'b', split: 1.5 })).toContain('"split" is a number');
  });

  it('refuses captions in two fields, URLs and zero bytes', () => {
    expect(message({ image: 'a', caption: 'x', captions: ['y'] })).toMatch(
      /captions in two fields.*caption: 'captions'/,
    );
    for (const image of [
      'https://x.org/a.png',
      's3://bucket/a.png',
      'data:image/png;base64,iVBO',
    ]) {
      expect(message({ image, caption: 'x' })).toContain('is a URL');
    }
    for (const fields of [{ image: 'a\0' }, { caption: 'x\0' }, { id: '\0' }, { split: 'x\0' }]) {
      expect(message({ image: 'a', caption: 'x', ...fields })).toContain('zero byte');
    }
  });

  it('refuses half of a character, which no file of words can hold', () => {
    expect(message({ image: 'a', caption: 'hi \ud83d' })).toContain(
      'a caption holds half of a character',
    );
    expect(message({ image: 'a', caption: 'x', id: '\ude00' })).toContain('half of a character');
    const negatives = [[{ caption: 'y \ud83d', kind: 'k' }]];
    expect(message({ image: 'a', caption: 'x', negatives })).toContain('"negatives" does not fit');
    expect(row({ image: 'a', caption: 'hi 😀' })).toHaveProperty('record');
  });

  it('refuses a list that was written as one text', () => {
    for (const caption of [
      `['a cat', 'a dog']`,
      '["a cat", "a dog"]',
      `["a cat's", 'b']`,
      `['a']`,
    ]) {
      expect(message({ image: 'a', caption })).toMatch(
        /a list that was written as one text.*one caption a row/,
      );
    }
    for (const caption of ['[sic] a cat', 'a sign that says ["STOP"]', `("Blue Velvet")`, '[]']) {
      expect(row({ image: 'a', caption })).toHaveProperty('record');
    }
  });
});
