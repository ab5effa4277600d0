import { checkOptions, count, oneOf, type Checks } from '@crossweave/core/authoring';
import { fittedFusion } from '../checks/checks';
import type { FeatureCache } from '../features/encode-split';
import {
  scoreAll,
  scorePairs,
  scoringChecks,
  type FittedFusion,
  type Pair,
  type ScoringOptions,
} from './pairs';
import { rerank } from './rerank';

export interface RetrievalScoresOptions extends ScoringOptions {
  /**
   * A separable fusion over the same features that finds candidates. Without it the fusion
   * scores every image with every caption itself.
   */
  readonly dual?: FittedFusion;
  /** How many candidates a query are re-ranked. Default 16. */
  readonly top?: number;
  /**
   * What orders the candidates: the sum of both scores, or the fusion's `own`, for one that has the
   * score of `dual` in its own (`withTowerScore`). Default `sum`.
   */
  readonly by?: 'sum' | 'own';
}

export const retrievalScoresChecks: Checks<RetrievalScoresOptions> = {
  ...scoringChecks,
  dual: fittedFusion(),
  top: count(),
  by: oneOf('sum', 'own'),
};

/** Scores of both ways of retrieval, row by row. */
export interface RetrievalScores {
  /** [images × texts] */
  readonly i2t: Float64Array;
  /** [texts × images] */
  readonly t2i: Float64Array;
}

/**
 * Scores all images of a cache with the texts of these rows. With `dual`, any fusion re-ranks for
 * each query the `top` candidates that `dual` finds, by the sum of both scores or by its own; the
 * others keep their order below them ({@link rerank}). So joint scoring costs `top` passes a query, not one
 * for every candidate (ALBEF, arXiv 2107.07651).
 *
 * Neither step is told which pairs are true, and both see one pair at a time: the leak rule holds.
 *
 * @throws ConfigError for an option out of range, NonFiniteError for scores that are not finite.
 */
export async function retrievalScores(
  fitted: FittedFusion,
  cache: FeatureCache,
  textRows: readonly number[],
  options: RetrievalScoresOptions = {},
): Promise<RetrievalScores> {
  checkOptions('retrievalScores', options, retrievalScoresChecks);
  const { dual, top = 16, by = 'sum', ...scoring } = options;
  const finder = dual ?? fitted;
  const all = await scoreAll(finder, cache, textRows, scoring);
  const images = cache.imageTable.rows;
  const texts = textRows.length;
  const i2t = Float64Array.from(all);
  const t2i = Float64Array.from(all, (_, k) => all[(k % images) * texts + Math.floor(k / images)]!);
  if (finder === fitted) return { i2t, t2i };
  const score = (pairs: readonly Pair[]): Promise<Float32Array> =>
    scorePairs(fitted, cache, pairs, scoring);
  return {
    i2t: await rerank(i2t, { width: texts, top, by }, (found) =>
      score(found.map(([image, text]): Pair => [image, textRows[text]!])),
    ),
    t2i: await rerank(t2i, { width: images, top, by }, (found) =>
      score(found.map(([text, image]): Pair => [image, textRows[text]!])),
    ),
  };
}
