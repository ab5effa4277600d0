import type { FeatureCache } from '../features/encode-split';
import type { FeatureTable } from '../features/table';
import { ridge } from './ridge';
import { wordsOf } from './words';

/** How well the words of a caption, in whatever order, fit an image (a row of a table). */
export type BagOfWordsScorer = (images: FeatureTable, row: number, caption: string) => number;

/** The commonest words are predicted; rarer ones count as 0. */
const vocabularyLimit = 1000;

/**
 * A scorer that knows which words suit an image but not how they bind: ridge regression
 * from the image's summary to the words of its captions, fitted on `train`; a caption's score
 * is the sum, over its words, of predicted minus average presence. Two captions of the same words
 * score exactly the same, so it stands at 0.5 wherever only binding differs.
 */
export function fitBagOfWords(train: FeatureCache): BagOfWordsScorer {
  const bags = train.records.map(({ captions }) => captions.map((c) => new Set(wordsOf(c))));
  const vocabulary = commonest(bags.flat());
  const targets = vocabulary.size;
  const { rows, dim } = train.imageTable;
  const scale = standardiser(train.imageTable);

  const x = new Float64Array(rows * dim);
  const y = new Float64Array(rows * targets);
  bags.forEach((captions, row) => {
    x.set(scale(train.imageTable.pooled(row)), row * dim);
    for (const bag of captions) {
      for (const word of bag) {
        const at = vocabulary.get(word);
        if (at !== undefined) y[row * targets + at]! += 1 / captions.length;
      }
    }
  });
  // Summaries are centred, so with centred targets no intercept is needed.
  const average = new Float64Array(targets);
  y.forEach((value, i) => (average[i % targets]! += value / rows));
  const centred = y.map((value, i) => value - average[i % targets]!);
  const weights = ridge(x, centred, dim, targets, 0.01 * rows + 1e-6);

  /** Columns of the vocabulary that a caption has, with repeats; computed once a caption. */
  const columns = new Map<string, readonly number[]>();
  const columnsOf = (caption: string): readonly number[] => {
    // Sorted: the sum of equal bags is then equal to the last bit.
    const found =
      columns.get(caption) ??
      wordsOf(caption)
        .sort()
        .flatMap((word) => vocabulary.get(word) ?? []);
    columns.set(caption, found);
    return found;
  };
  /** What each word scores on the image that was asked for last: captions come image by image. */
  let last: { images: FeatureTable; row: number; scores: Float64Array } | undefined;
  const wordScores = (images: FeatureTable, row: number): Float64Array => {
    if (last?.images === images && last.row === row) return last.scores;
    const features = scale(images.pooled(row));
    const scores = new Float64Array(targets);
    for (let d = 0; d < dim; d++) {
      for (let k = 0; k < targets; k++) scores[k]! += features[d]! * weights[d * targets + k]!;
    }
    last = { images, row, scores };
    return scores;
  };
  return (images, row, caption) => {
    const scores = wordScores(images, row);
    let sum = 0;
    for (const column of columnsOf(caption)) sum += scores[column]!;
    return sum;
  };
}

function commonest(bags: readonly ReadonlySet<string>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const bag of bags) for (const word of bag) counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts].sort(([a, m], [b, n]) => (n !== m ? n - m : a < b ? -1 : 1));
  return new Map(words.slice(0, vocabularyLimit).map(([word], i) => [word, i]));
}

/** Maps a summary to mean 0 and standard deviation 1 over the table, by entry. */
function standardiser(table: FeatureTable): (summary: Float32Array) => Float64Array {
  const { rows, dim } = table;
  const centre = new Float64Array(dim);
  const spread = new Float64Array(dim);
  for (let row = 0; row < rows; row++) {
    table.pooled(row).forEach((value, d) => (centre[d]! += value / rows));
  }
  for (let row = 0; row < rows; row++) {
    table.pooled(row).forEach((value, d) => (spread[d]! += (value - centre[d]!) ** 2 / rows));
  }
  return (summary) =>
    Float64Array.from(summary, (value, d) => (value - centre[d]!) / Math.sqrt(spread[d]! + 1e-12));
}
