import { describe, expect, it } from 'vitest';
import { toRow } from './record';

const context = { file: 'c.jsonl', columns: {} };

describe('toRow', () => {
  it('takes the image as id and train as split where none is named', () => {
    expect(toRow({ image: 'a.png', caption: ' x ', id: '', split: null }, 4, context)).toEqual({
      line: 4,
      record: { id: 'a.png', image: 'a.png', split: 'train', captions: ['x'], line: 4 },
    });
  });

  it('gives the error of a row instead of throwing it', () => {
    const row = toRow({ image: 'a.png', caption: 5 }, 4, context);
    expect(row).toMatchObject({ line: 4, error: { code: 'data', where: 'c.jsonl:4', got: 5 } });
  });
});
