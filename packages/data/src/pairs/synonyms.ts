import { foldIn, randomInteger, uniformArray, type Key } from '@crossweave/core';
import type { Check } from '@crossweave/core/authoring';
import type { Augmentation } from './augmentation';
import { isWord, reworded, saysColour, saysSide } from './caption-words';

/** Lists of words; a word in two lists would have two meanings, and one of a side or colour a third. */
export const synonymsCheck: Check = {
  expected:
    'lists of two words or more that mean the same, no word twice and none that names a side or colour',
  accepts(value) {
    if (!Array.isArray(value) || value.length === 0) return false;
    const lists: unknown[] = value;
    if (!lists.every((list) => Array.isArray(list) && list.length > 1)) return false;
    const words: unknown[] = lists.flat();
    return (
      words.every(
        (each) => typeof each === 'string' && isWord(each) && !saysSide(each) && !saysColour(each),
      ) && new Set(words.map((each) => String(each).toLowerCase())).size === words.length
    );
  },
};

/** Draws which words are said in the place of others; for all texts of a pair the same ones. */
export function drawSynonyms(
  synonyms: Augmentation['synonyms'],
  key: Key,
): (text: string) => string {
  const others = new Map<string, string>();
  synonyms?.words.forEach((list, i) => {
    const own = foldIn(key, i);
    if (uniformArray(foldIn(own, 'whether'), 1)[0]! >= synonyms.share) return;
    const chosen = list[randomInteger(foldIn(own, 'which'), list.length)]!;
    for (const each of list) others.set(each.toLowerCase(), chosen);
  });
  return (text) => reworded(text, others);
}
