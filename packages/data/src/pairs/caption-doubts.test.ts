import { expect, it } from 'vitest';
import type { CaptionRecord } from '../records/record';
import { CaptionDoubts } from './caption-doubts';

function doubtsOf(...captions: string[]): string[] {
  const doubts = new CaptionDoubts();
  captions.forEach((caption, i) => {
    const record: CaptionRecord = {
      ...{ id: 'a', image: 'a.png', split: 'train', captions: [caption], line: i + 2 },
    };
    doubts.add(record, `line ${i + 2}`);
  });
  return doubts.doubts('c.csv').map(({ what, got }) => `${what}: ${String(got)}`);
}

it('counts the words that programs write for a missing text', () => {
  expect(doubtsOf('a cat', 'nan', 'NaN', 'None', 'NULL', 'N/A', '<NA>', 'undefined')).toEqual([
    '7 captions look like a missing text: "nan" (line 3), for one',
  ]);
  expect(doubtsOf('none of the dogs', 'a naan', 'my nan', 'Na Pali')).toEqual([]);
});

it('knows characters that a wrong encoding left, and not those of other languages', () => {
  for (const text of ['cafÃ© au lait', 'itâ€™s', 'caf\ufffd', 'Ã€ gauche']) {
    expect(doubtsOf(text)).toEqual([
      `1 caption looks like text that was once read in a wrong encoding: ${JSON.stringify(text)} (line 2)`,
    ]);
  }
  expect(doubtsOf('café', 'São Paulo', 'SÃO PAULO', 'Âge', '20 °C', '“it’s” – 5 €')).toEqual([]);
});

it('knows markup, and not mathematics', () => {
  expect(doubtsOf('cats &amp; dogs', 'a<br/>b', '<p class="x">y</p>', '&#39;')).toEqual([
    expect.stringMatching(/^4 captions look like text with markup/),
  ]);
  expect(doubtsOf('a < b and b > c', 'R&D', '<3', 'cats & dogs; birds')).toEqual([]);
});
