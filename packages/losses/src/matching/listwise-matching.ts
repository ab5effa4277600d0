import { add, cast, greater, logSoftmax, max, mul, slice, sum, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  hostValues,
  type HostValue,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { boolean, count, readOptions, withConfig } from '@crossweave/core/authoring';
import { meanCount } from '../negatives';
import { excluded } from '../same';
import { logged } from '../terms';
import { drawChecks } from './draw';
import {
  countPairs,
  drawnPairs,
  everyPair,
  givenFalsePairs,
  matchOfRows,
  truePairs,
  type Pairs,
} from './pairs';

export interface ListwiseMatchingOptions {
  /** M, the number of texts drawn from the batch for each image. Default 3. */
  inBatch?: number;
  /** Whether to draw them by similarity instead of uniformly. Default false. */
  hard?: boolean;
  /** T of the softmax over similarities, with `hard`. Default 0.1. */
  drawTemperature?: number;
  /** Whether the K hard negatives of the batch, if any, are candidates too. Default true. */
  negatives?: boolean;
}

/**
 * Image-text matching as a multiple choice: for each image, softmax cross-entropy of `match` over
 * its true text, its K hard negatives and M false texts drawn from the batch. Unlike binary
 * matching it depends only on the order of the logits, as ranking metrics do. Images without a
 * false text do not count.
 *
 * Terms: `negatives` (mean number of false texts of an image), `accuracy` (share of images whose
 * true text scores strictly highest). Chance: ln(1 + K + M), with M at most B − 1.
 */
export function listwiseMatching(options: ListwiseMatchingOptions = {}): Loss<PooledFeatures> {
  const where = 'listwiseMatching';
  const settings = readOptions<ListwiseMatchingOptions>(
    where,
    options,
    { inBatch: 3, hard: false, drawTemperature: 0.1, negatives: true },
    { inBatch: count(0), ...drawChecks, negatives: boolean() },
  );
  const { inBatch, negatives } = settings;
  const drawnPerImage = (batchSize: number): number => Math.min(inBatch, batchSize - 1);

  return withConfig(where, settings, {
    name: 'listwise-matching',
    compute: (_params, outputs, batch, ctx) =>
      tidy(() => {
        const key = foldIn(ctx.key, 'listwise.texts');
        const falsePairs = [
          ...(negatives ? givenFalsePairs(where, outputs, batch) : []),
          ...drawnPairs('texts', outputs, batch, key, drawnPerImage(batch.size), settings),
        ];
        const pairs = [truePairs(outputs, everyPair(batch.size)), ...falsePairs];
        const logits = excluding(matchOfRows(outputs, pairs, batch.size), pairs, batch.size);
        const width = logits.shape[1];
        const own = slice(logits, [0, 0], [batch.size, 1]);
        const ownShare = slice(logSoftmax(logits), [0, 0], [batch.size, 1]);
        const best = width === 1 ? own : max(slice(logits, [0, 1]), 1, true);
        const counts = countPairs(falsePairs, batch.size);
        const weights = rowWeights(counts, batch.size);
        const right = cast(greater(own, best), 'float32');
        return {
          total: mul<Scalar>(sum(mul(ownShare, weights)), -1),
          terms: logged({
            negatives: meanCount({ counts }),
            ...(counts.choose((each) => Math.max(...each) > 0) && {
              accuracy: sum<Scalar>(mul(right, weights)),
            }),
          }),
        };
      }),
    chance: (batchSize, hard = 0) =>
      Math.log(1 + (negatives ? hard : 0) + drawnPerImage(batchSize)),
  });
}

/** The logits with a large negative one in the place of entries without a text. */
function excluding(logits: Tensor2D, pairs: readonly Pairs[], size: number): Tensor2D {
  const all = hostValues(pairs.map(({ weights }) => weights));
  if (all.choose((kinds) => !kinds.some((weights) => weights.includes(0)))) return logits;
  const width = logits.shape[1];
  const exclusion = all.tensor<Rank.R2>(
    (kinds) =>
      Array.from({ length: size }, (_, row) =>
        kinds.flatMap((weights, i) => {
          const { perRow } = pairs[i]!;
          const own = weights.slice(row * perRow, (row + 1) * perRow);
          return own.map((weight) => (weight === 1 ? 0 : excluded));
        }),
      ).flat(),
    [size, width],
  );
  return add<Tensor2D>(logits, exclusion);
}

/** [B, 1] weights of a mean over the images that have a false text. */
function rowWeights(counts: HostValue<readonly number[]>, size: number): Tensor2D {
  return counts.tensor<Rank.R2>(
    (each) => {
      const total = Math.max(1, each.filter((count) => count > 0).length);
      return each.map((count) => (count > 0 ? 1 / total : 0));
    },
    [size, 1],
  );
}
