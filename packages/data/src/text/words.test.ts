import { describe, expect, it } from 'vitest';
import { bertWords } from './words';

describe('bertWords', () => {
  it.each([
    ['A red, ROUND circle.', ['a', 'red', ',', 'round', 'circle', '.']],
    ['Café cafe\u0301', ['cafe', 'cafe']],
    ['中文x', ['中', '文', 'x']],
    ['𠀀𠮷x ΣΑΣ', ['𠀀', '𠮷', 'x', 'σασ']],
    ["don't $5", ['don', "'", 't', '$', '5']],
    [' \t\n ', []],
    ['hel\u00ADlo wor\u200Bld\u0000', ['hello', 'world']],
    ['a_b-c+d=e|f`g~h^i<j>k\\', 'a _ b - c + d = e | f ` g ~ h ^ i < j > k \\'.split(' ')],
    ['\u{1F600} lone\uD800 x', ['\u{1F600}', 'lone', 'x']],
    ['«a»—b', ['«', 'a', '»', '—', 'b']],
    ['x\u0085y\ufeffz\u061d', ['xyz\u061d']],
  ])('splits %j', (text, words) => {
    expect(bertWords(text)).toEqual(words);
  });

  it('splits ASCII as it splits the rest', () => {
    const all = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => i + 0x20));
    const foreign = bertWords(`${all} é`);
    expect(foreign.pop()).toBe('e');
    expect(bertWords(all)).toEqual(foreign);
  });
});
