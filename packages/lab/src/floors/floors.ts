import type { PairRecord } from '@crossweave/core';
import { comparisonPlan, retrievalPlan } from '../evaluate/plan';
import type { FeatureCache } from '../features/encode-split';
import { matchingMetrics } from '../metrics/matching';
import { retrievalMetrics, type Metrics } from '../metrics/retrieval';
import { fitBagOfWords } from './bag-of-words';
import { fitImageBlind } from './image-blind';

export const floorNames = ['image-blind', 'bag-of-words'] as const;

/**
 * Metrics on `test` of two scorers fitted on `train` that cannot solve what is tested:
 * `image-blind` sees captions alone, `bag-of-words` sees images but not the order of words. An arm
 * that is no better has not learned to bind. Their outcomes are of the queries of
 * {@link evaluateFusion} on `test`, in its order.
 */
export function floors(
  train: FeatureCache,
  test: FeatureCache,
): Record<(typeof floorNames)[number], Metrics> {
  const blind = fitImageBlind(train.records);
  const bag = fitBagOfWords(train);
  return {
    'image-blind': metricsOf(test, (_row, caption) => blind(caption)),
    'bag-of-words': metricsOf(test, (row, caption) => bag(test.imageTable, row, caption)),
  };
}

function metricsOf(cache: FeatureCache, score: (row: number, caption: string) => number): Metrics {
  const { captions, i2t, t2i } = retrievalPlan(cache);
  const scores = new Float64Array(cache.records.length * captions.length);
  const transposed = new Float64Array(scores.length);
  cache.records.forEach((_record: PairRecord, row) =>
    captions.forEach((caption, column) => {
      const value = score(row, caption);
      scores[row * captions.length + column] = value;
      transposed[column * cache.records.length + row] = value;
    }),
  );
  const comparisons = comparisonPlan(cache).map(({ kind, image, row, positive, negative }) => ({
    kind,
    image,
    positive: score(row, positive),
    negative: score(row, negative),
  }));
  const parts = [
    ...(comparisons.length > 0 ? [matchingMetrics(comparisons)] : []),
    retrievalMetrics({ ...i2t, scores }),
    retrievalMetrics({ ...t2i, scores: transposed }),
  ];
  return {
    metrics: Object.assign({}, ...parts.map(({ metrics }) => metrics)) as Metrics['metrics'],
    outcomes: Object.assign({}, ...parts.map(({ outcomes }) => outcomes)) as Metrics['outcomes'],
  };
}
