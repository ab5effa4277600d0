import { describe, expect, it } from 'vitest';
import { RowNames } from './row-names';

function namesOf(rows: { split?: string; label?: string }[]): RowNames {
  const names = new RowNames();
  for (const { split = 'train', label } of rows) {
    const labels = label === undefined ? {} : { labels: [label] };
    names.add({ id: 'a', image: 'a', split, captions: ['a'], line: 1, ...labels });
  }
  return names;
}
const doubts = (labels: string[]): string[] =>
  namesOf(labels.map((label) => ({ label })))
    .doubts('c.csv')
    .map(({ summary }) => summary);

describe('splits', () => {
  it.each([
    ['train', 'train\u200b', '"train" (1 row) and "train\\u200b" (1 row)'],
    ['train', 'ｔrain', '"train" (1 row) and "\\uff54rain" (1 row)'],
    ['café', 'cafe\u0301', '"caf\\u00e9" (1 row) and "cafe\\u0301" (1 row)'],
  ])('that look the same are refused: %j and %j', (a, b, told) => {
    const names = namesOf([{ split: a }, { split: b }]);
    expect(() => {
      names.requireOneSpelling('c.csv');
    }).toThrow(
      `splits differ by characters that look the same alone; expected one spelling of a split; got ${told}`,
    );
  });

  it('that differ in letters are apart', () => {
    const names = namesOf(
      ['train', 'val', 'validation', 'train2', 'in door', 'indoor'].map((split) => ({ split })),
    );
    expect(() => {
      names.requireOneSpelling('c.csv');
    }).not.toThrow();
    expect(names.doubts('c.csv')).toEqual([]);
  });

  it('that say nothing are told', () => {
    const [doubt] = namesOf([{ split: 'nan' }, {}]).doubts('c.csv');
    expect(doubt?.message).toMatch(/1 row with the split "nan"; expected an empty field/);
  });
});

describe('labels', () => {
  it('of one number written in two ways are told, and of one look', () => {
    expect(doubts(['1', '1.0', '2'])).toEqual([
      expect.stringMatching(
        /labels differ by how a number is written alone; .* "1" \(1 row\) and "1\.0" \(1 row\)/,
      ),
    ]);
    expect(doubts(['caf\u00e9', 'cafe\u0301'])).toEqual([expect.stringContaining('look the same')]);
  });

  it('may be long numbers, and words such as none', () => {
    expect(doubts(['12345678901234567890', '12345678901234567891', 'none', 'n/a'])).toEqual([]);
    expect(doubts(['nan', 'x'])).toEqual([expect.stringContaining('1 row with the label "nan"')]);
  });
});
