import { DataError, type Label } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { labelsInCaptions, requireUnreadLabels } from './label-captions';

const pairs = (...given: readonly [caption: string, label: Label][]) =>
  given.map(([caption, label], row) => ({ row, id: `p${row}`, caption, label }));
const folders = pairs(
  ['a photo of a Golden Retriever', 'golden_retriever'],
  ['a photo of a golden retriever.', 'golden_retriever'],
  ['a photo of a cat', 'cat'],
  ['a photo of a cat', 'cat'],
);

describe('requireUnreadLabels', () => {
  it('refuses captions that are another form of the labels', () => {
    const check = () => {
      requireUnreadLabels('split "train"', folders);
    };
    expect(check).toThrow(DataError);
    expect(check).toThrow(/2 captions for 2 labels, such as "a photo of a Golden Retriever" for/);
  });

  it.each([
    ['questions with several answers', pairs(['what?', 1], ['what?', 2], ['who?', 1], ['who?', 2])],
    [
      'one caption for all',
      pairs(['a photo', 'a'], ['a photo', 'b'], ['a photo', 'a'], ['a photo', 'b']),
    ],
    [
      'captions of their own',
      pairs(['a cat', 'cat'], ['cats', 'cat'], ['a dog', 'dog'], ['dogs', 'dog']),
    ],
    ['a pair for each label', pairs(['x', 'a'], ['y', 'b'], ['z', 'c'])],
    ['no labels', []],
  ])('takes %s', (_name, given) => {
    requireUnreadLabels('split "train"', given);
  });
});

it('counts captions that contain the words of the label', () => {
  expect(labelsInCaptions(folders)).toEqual({ pairs: 4, naming: 4 });
  const some = pairs(
    ['a red-brown CAT', 'red brown'],
    ['a category', 'cat'],
    ['two cats and 3 dogs', 3],
    ['a tree', ['bush', 'tree']],
    ['anything', ' '],
  );
  expect(labelsInCaptions(some)).toEqual({ pairs: 5, naming: 3 });
});
