import { describe, expect, it } from 'vitest';
import { bertWords } from './words';

describe('bertWords', () => {
  it.each([
    ['A red, ROUND circle.', ['a', 'red', ',', 'round', 'circle', '.']],
    ['Café cafe\u0301', ['cafe', 'cafe']],
    ['中文x', ['中', '文', 'x']],
    ["don't $5", ['don', "'", 't', '$', '5']],
    [' \t\n ', []],
    ['hel\u00ADlo wor\u200Bld\u0000', ['hello', 'world']],
    ['«a»—b', ['«', 'a', '»', '—', 'b']],
  ])('splits %j', (text, words) => {
    expect(bertWords(text)).toEqual(words);
  });
});
