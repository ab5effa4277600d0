import { DataError, labelIdentity } from '@crossweave/core';
import type { LabelledPair } from './task-loss';

/** How many labelled pairs have their label in their caption. */
export interface LabelsInCaptions {
  readonly pairs: number;
  /** Pairs whose caption contains the words of the label, or of one of its labels. */
  readonly naming: number;
}

export function labelsInCaptions(pairs: readonly LabelledPair[]): LabelsInCaptions {
  const naming = pairs.filter(({ caption, label }) => {
    const words = ` ${wordsOf(caption)} `;
    const labels = (typeof label === 'object' ? label : [String(label)]).map(wordsOf);
    return labels.some((each) => each !== '' && words.includes(` ${each} `));
  });
  return { pairs: pairs.length, naming: naming.length };
}

/**
 * Refuses pairs whose captions are another form of their labels: one caption for each label, as the
 * captions of class folders are made. A model would learn to read the label, and its accuracy would
 * say nothing about images.
 *
 * @throws DataError for two labels or more with one caption each, which several pairs share.
 */
export function requireUnreadLabels(where: string, pairs: readonly LabelledPair[]): void {
  const captions = new Map<string, Set<string>>();
  const labels = new Map<string, Set<string>>();
  for (const { caption, label } of pairs) {
    const [words, name] = [wordsOf(caption), String(labelIdentity(label))];
    captions.set(words, (captions.get(words) ?? new Set()).add(name));
    labels.set(name, (labels.get(name) ?? new Set()).add(words));
  }
  const single = (sets: Iterable<ReadonlySet<string>>): boolean =>
    [...sets].every(({ size }) => size === 1);
  const example = pairs[0];
  if (example === undefined || labels.size < 2 || pairs.length < 2 * labels.size) return;
  if (!single(captions.values()) || !single(labels.values())) return;
  throw new DataError('every caption says its label', {
    where,
    expected: 'captions from which the label does not follow',
    got: `${captions.size} captions for ${labels.size} labels, such as ${JSON.stringify(example.caption)} for ${JSON.stringify(example.label)}`,
    advice: "Give all pictures one caption, by text: 'a photo'.",
  });
}

function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
