import { foldIn, key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { augmentPair } from './augmentation';
import { drawSynonyms, synonymsCheck } from './synonyms';

const words = [
  ['couch', 'sofa'],
  ['picture', 'photo', 'image'],
];
const pair = { caption: 'A couch in a Picture.', negatives: ['a picture of a couch', 'a dog'] };

describe('synonyms', () => {
  it('take the place of one another, the same in all texts of a pair, in their case', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const { caption, negatives, meaning } = augmentPair(
        pair,
        { synonyms: { share: 1, words } },
        foldIn(key(1), i),
      );
      const [, couch, picture] = /^A (\w+) in a (\w+)\.$/.exec(caption)!;
      expect(negatives).toEqual([`a ${picture!.toLowerCase()} of a ${couch}`, 'a dog']);
      // By this, texts are the same or not.
      expect(meaning).toBe(pair.caption);
      seen.add(`${couch} ${picture}`);
    }
    expect(seen.size).toBe(6);
  });

  it('are drawn for the share of the lists that is wanted', () => {
    const changed = Array.from({ length: 400 }, (_, i) =>
      drawSynonyms({ share: 0.3, words }, foldIn(key(2), i))('couch'),
    ).filter((word) => word === 'sofa').length;
    // Half of 0.3: the word itself is one of the two.
    expect(changed).toBeGreaterThan(35);
    expect(changed).toBeLessThan(90);
    expect(drawSynonyms(undefined, key(0))('couch')).toBe('couch');
  });

  it.each([
    ['one word alone', [['couch']]],
    [
      'a word in two lists',
      [
        ['couch', 'sofa'],
        ['sofa', 'settee'],
      ],
    ],
    ['a side', [['left', 'port']]],
    ['a colour', [['red', 'crimson']]],
    ['two words as one', [['dining table', 'table']]],
    ['nothing', []],
  ])('refuses %s', (_what, lists) => {
    expect(synonymsCheck.accepts(lists)).toBe(false);
    expect(synonymsCheck.accepts(words)).toBe(true);
  });
});

describe('randAugment', () => {
  const operations = (caption: string, i: number) =>
    augmentPair(
      { caption, negatives: [] },
      { randAugment: { operations: 2, magnitude: 12 } },
      foldIn(key(3), i),
    ).change.operations!;

  it('draws so many changes, and none of colour where the text names colours', () => {
    const named = (caption: string): Set<string> =>
      new Set(
        Array.from({ length: 300 }, (_, i) => operations(caption, i))
          .flat()
          .map(({ name }) => name),
      );
    expect(operations('a dog', 0)).toHaveLength(2);
    expect(operations('a dog', 0)).toEqual(operations('a dog', 0));
    expect(named('a dog').size).toBe(14);
    expect([...named('a red dog')].sort()).toEqual([
      'identity',
      'rotate',
      'sharpness',
      'shear-x',
      'shear-y',
      'translate-x',
      'translate-y',
    ]);
  });
});
