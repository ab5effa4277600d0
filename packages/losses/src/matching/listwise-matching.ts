import {
  add,
  cast,
  concat,
  greater,
  logSoftmax,
  max,
  mul,
  reshape,
  slice,
  sum,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { foldIn, type HostValue, type Loss, type PooledFeatures } from '@crossweave/core';
import { boolean, count, readOptions } from '@crossweave/core/authoring';
import { meanCount } from '../negatives';
import { excluded } from '../same';
import { logged } from '../terms';
import { drawChecks } from './draw';
import {
  countPairs,
  drawnPairs,
  everyPair,
  givenFalsePairs,
  matchOf,
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

  return {
    name: 'listwise-matching',
    compute: (_params, outputs, batch, ctx) =>
      tidy(() => {
        const key = foldIn(ctx.key, 'listwise.texts');
        const falsePairs = [
          ...(negatives ? givenFalsePairs(where, outputs, batch) : []),
          ...drawnPairs('texts', outputs, batch, key, drawnPerImage(batch.size), settings),
        ];
        const pairs = [truePairs(outputs, everyPair(batch.size)), ...falsePairs];
        const logits = columns(matchOf(outputs, pairs), pairs, batch.size);
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
  };
}

/**
 * [B, 1 + K + M] logits, the true text first; entries without a text get a large negative logit.
 */
function columns(match: Tensor1D, pairs: readonly Pairs[], size: number): Tensor2D {
  let from = 0;
  const parts = pairs.map(({ perRow, weights }) => {
    const part = reshape<Rank.R2>(slice(match, from, size * perRow), [size, perRow]);
    from += size * perRow;
    if (weights.choose((each) => !each.includes(0))) return part;
    const exclusion = weights.tensor<Rank.R2>(
      (each) => each.map((weight) => (weight === 1 ? 0 : excluded)),
      [size, perRow],
    );
    return add<Tensor2D>(part, exclusion);
  });
  return parts.length === 1 ? parts[0]! : concat(parts, 1);
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
