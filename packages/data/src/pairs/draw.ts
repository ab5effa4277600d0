import { foldIn, permutation, randomInteger, type Key, type PairRecord } from '@crossweave/core';
import type { DrawnPair } from './augmentation';

/** Which caption of a record is shown (`choice` may name it by its place), and which negatives. */
export function drawPair(
  { captions, negatives, labels }: PairRecord,
  key: Key,
  choice: 'random' | 'first' | number,
  count: number,
): DrawnPair {
  const chosen = typeof choice === 'number' ? choice : placeOf(choice, captions.length, key);
  const candidates = negatives?.[chosen] ?? [];
  const order = count > 0 ? permutation(foldIn(key, 'negatives'), candidates.length) : [];
  return {
    caption: captions[chosen] ?? '',
    label: labels?.[chosen],
    negatives: Array.from(
      { length: count },
      (_, k) => candidates[order[k % order.length] ?? 0]?.caption ?? '',
    ),
  };
}

function placeOf(choice: 'random' | 'first', captions: number, key: Key): number {
  return choice === 'first' ? 0 : randomInteger(foldIn(key, 'caption'), captions);
}

/** Folded twice, so that no id can equal a name used elsewhere. */
export function sampleKey(epochKey: Key, id: string): Key {
  return foldIn(foldIn(epochKey, 'sample'), id);
}
