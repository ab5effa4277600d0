import { foldIn, key, normalArray, uniformArray } from '@crossweave/core';
import type { AblationResults } from '../ablation/results';
import { summarise, type AblationContext, type Baseline } from '../ablation/summarise';
import type { TrialRecord } from '../ablation/trial-file';
import { mean } from '../statistics/moments';

const rates: Readonly<Record<string, number>> = {
  late: 0.55,
  early: 0.6,
  'cross-attention': 0.78,
};

/** 300 queries, hit at random. */
function hitsOf(name: string, share: number): number[] {
  return Array.from(uniformArray(foldIn(key(7), name), 300), (u) => (u < share ? 1 : 0));
}

/** Trials as an ablation leaves them, drawn from known rates. */
export function sampleTrials(seeds: readonly number[] = [1, 2, 3]): TrialRecord[] {
  return seeds.flatMap((seed) =>
    Object.entries(rates).map(([arm, rate]): TrialRecord => {
      const hits = (name: string, share: number): number[] =>
        hitsOf(`${name} ${arm} ${seed}`, share);
      const outcomes = {
        'matching.accuracy': hits('matching', rate),
        'matching.accuracy.attribute-swap': hits('swap', rate - 0.02),
        'matching.accuracy.relation-reversed': hits('relation', rate + 0.02),
        'retrieval.i2t.r1': hits('i2t', 0.3 + 0.2 * rate),
        'retrieval.t2i.r1': hits('t2i', 0.2 + 0.2 * rate),
        'retrieval.t2i.r10': hits('r10', 0.95),
      };
      const noise = normalArray(foldIn(foldIn(key(8), arm), seed), 400);
      return {
        schema: 1,
        arm,
        seed,
        config: 'hash',
        outcome: {
          params: 123456,
          flops: arm === 'late' ? 98_300 : 2_345_000_000,
          steps: 400,
          seconds: 41.5,
          metrics: {
            ...Object.fromEntries(Object.entries(outcomes).map(([n, v]) => [n, mean(v)])),
            'retrieval.i2t.meanRank': 4.2,
          },
          outcomes,
          curves: {
            loss: [...noise].map((value, i) => [
              i + 1,
              rate + 2.5 * Math.exp(-i / 80) + 0.1 * value,
            ]),
          },
        },
      };
    }),
  );
}

function baseline(
  name: string,
  kind: Baseline['kind'],
  shares: Readonly<Record<string, number>>,
): Baseline {
  const outcomes = Object.fromEntries(
    Object.entries(shares).map(([metric, share]) => [metric, hitsOf(name + metric, share)]),
  );
  const metrics = Object.fromEntries(
    Object.entries(outcomes).map(([metric, values]) => [metric, mean(values)]),
  );
  return { name, kind, metrics, outcomes };
}

/** What stands beside the sample's trials; in retrieval the towers are above every arm. */
export const sampleContext: AblationContext = {
  baselines: [
    baseline('towers alone', 'towers', {
      ...{ 'matching.accuracy': 0.5, 'retrieval.i2t.r1': 0.6, 'retrieval.t2i.r1': 0.62 },
      'retrieval.t2i.r10': 0.9,
    }),
    baseline('image-blind', 'floor', { 'matching.accuracy': 0.5 }),
    baseline('bag-of-words', 'floor', { 'matching.accuracy': 0.51, 'retrieval.i2t.r1': 0.12 }),
  ],
  chance: {
    'matching.accuracy': 0.5,
    'retrieval.i2t.r1': 0.01,
    'retrieval.t2i.r1': 0.01,
    'retrieval.t2i.r10': 0.62,
  },
  data: {
    fingerprint: '3f2a9c',
    test: {
      ...{ images: 300, texts: 280, sharedTexts: 9 },
      mostShared: { caption: 'a picture', images: 12 },
      uncounted: { i2t: 0, t2i: 0 },
    },
  },
  notes: ['The pairs have no false captions: the matching loss drew negatives from its batches.'],
};

export function sampleResults(seeds: readonly number[] = [1, 2, 3]): AblationResults {
  return summarise(Object.keys(rates), seeds, sampleTrials(seeds), sampleContext);
}
