import { requireBothSides } from '@crossweave/core';
import { checkOptions } from '@crossweave/core/authoring';
import type { FeatureCache } from '../features/encode-split';
import { matchingMetrics } from '../metrics/matching';
import { retrievalMetricsOfBlocks, type Metrics } from '../metrics/retrieval';
import { scorePairs, type FittedFusion, type Pair, type ScoringOptions } from './pairs';
import { chanceOf, comparisonPlan, retrievalPlan } from './plan';
import { retrievalBlocks } from './retrieval-blocks';
import { retrievalScoresChecks, type RetrievalScoresOptions } from './retrieval-scores';
import { splitFacts, type SplitFacts } from './split-facts';

export type EvaluateOptions = RetrievalScoresOptions;

/** Figures with what one must know to read them. */
export interface Evaluation extends Metrics {
  /** The value of each metric for scores that know nothing, exact. */
  readonly chance: Readonly<Record<string, number>>;
  readonly split: SplitFacts;
}

/**
 * Evaluates a fusion on a split: matching accuracy of true against false captions
 * (where the data has them) and retrieval both ways, `retrieval.i2t.*` and `retrieval.t2i.*`, over
 * all distinct texts of the split. A text is right for an image exactly if it is one of its
 * captions (by token ids): also when other images have it too.
 *
 * With `dual`, any fusion, separable or not, re-ranks for each query the `top` candidates that
 * `dual` finds, by the sum of both logits; the others keep their order below them. So all are
 * measured by the same protocol.
 *
 * Scores are made and ranked in blocks of `chunk` queries ({@link retrievalBlocks}): 30,000 images against
 * 30,000 texts take tens of megabytes beside the features.
 *
 * @throws ConfigError for an option out of range, DataError for a record with a missing side,
 * NonFiniteError for scores that are no numbers, the signal's reason when aborted.
 */
export async function evaluateFusion(
  fitted: FittedFusion,
  cache: FeatureCache,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluateFusion', options, retrievalScoresChecks);
  requireBothSides('evaluateFusion', cache.records);
  const { captions, i2t, t2i } = retrievalPlan(cache);
  const textRows = captions.map((caption) => cache.textRow(caption));
  const blocks = await retrievalBlocks(fitted, cache, textRows, options);
  const parts = [
    await matching(fitted, cache, scoringOf(options)),
    await retrievalMetricsOfBlocks(i2t, blocks('i2t')),
    await retrievalMetricsOfBlocks(t2i, blocks('t2i')),
  ];
  const metrics: Record<string, number> = {};
  const outcomes: Record<string, readonly number[]> = {};
  for (const part of parts) {
    Object.assign(metrics, part.metrics);
    Object.assign(outcomes, part.outcomes);
  }
  return { metrics, outcomes, chance: chanceOf(cache), split: splitFacts(cache) };
}

function scoringOf({ chunk, signal }: EvaluateOptions): ScoringOptions {
  return { ...(chunk !== undefined && { chunk }), ...(signal && { signal }) };
}

async function matching(
  fitted: FittedFusion,
  cache: FeatureCache,
  options: ScoringOptions,
): Promise<Metrics> {
  const plan = comparisonPlan(cache);
  if (plan.length === 0) return { metrics: {}, outcomes: {} };
  const index = new Map<string, number>();
  const pairs: Pair[] = [];
  // A true caption stands in several comparisons; its pair is scored once.
  const placeOf = (row: number, caption: string): number => {
    const pair: Pair = [row, cache.textRow(caption)];
    const found = index.get(pair.join());
    if (found !== undefined) return found;
    index.set(pair.join(), pairs.length);
    return pairs.push(pair) - 1;
  };
  const places = plan.map(
    ({ row, positive, negative }) => [placeOf(row, positive), placeOf(row, negative)] as const,
  );
  const scores = await scorePairs(fitted, cache, pairs, options);
  return matchingMetrics(
    plan.map(({ kind, image }, i) => {
      const [positive, negative] = places[i]!;
      return { kind, image, positive: scores[positive]!, negative: scores[negative]! };
    }),
  );
}
