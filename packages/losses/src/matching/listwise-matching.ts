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
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  type Context,
  type Loss,
  type ModelOutputs,
  type PooledFeatures,
} from '@crossweave/core';
import { boolean, count, readOptions } from '@crossweave/core/authoring';
import { drawChecks, drawNegatives, textSimilarity } from './draw';
import { meanCount } from '../negatives';
import { excluded, rightTexts } from '../same';
import { joinRows, negativesPerPair, repeatRows, takeRows, type AnyBatch } from '../rows';
import { logged } from '../terms';

export interface ListwiseMatchingOptions {
  /** M texts drawn from the batch for each image. Default 3. */
  inBatch?: number;
  /** Draw them by similarity (true) or uniformly. Default false. */
  hard?: boolean;
  /** T of the softmax over similarities that hard ones are drawn from. Default 0.1. */
  drawTemperature?: number;
  /** The batch's own K hard negatives, where it has them, are candidates too. Default true. */
  negatives?: boolean;
}

/** Texts to be weighed against the true one, and 0 for those that stand for no text. */
interface Candidates {
  readonly text: PooledFeatures;
  /** Per image. */
  readonly count: number;
  readonly valid: readonly number[];
}

/**
 * Image-text matching as a choice: for each image, softmax cross-entropy of `match` over
 * its true text, its K hard negatives and M texts drawn from those of the batch that are not right.
 * Unlike the binary form it needs no threshold, so it trains what ranking measures.
 * Images without a false text do not count.
 *
 * Terms: `negatives` (false texts an image), `accuracy`, the share of images whose true text scores
 * strictly highest. Chance:
 * ln(1 + K + M), with M at most B − 1.
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
        const lists = [
          { text: outputs.text, count: 1, valid: ones(batch.size) },
          ...(negatives ? givenTexts(where, outputs, batch) : []),
          ...drawnTexts(outputs, batch, ctx, drawnPerImage(batch.size), settings),
        ];
        const { match } = outputs.fuse(
          joinRows(lists.map(({ count }) => repeatRows(outputs.image, count))),
          joinRows(lists.map(({ text }) => text)),
        );
        const logits = columns(match, lists, batch.size);
        const width = logits.shape[1];
        const own = slice(logits, [0, 0], [batch.size, 1]);
        const ownShare = slice(logSoftmax(logits), [0, 0], [batch.size, 1]);
        const best = width === 1 ? own : max(slice(logits, [0, 1]), 1, true);
        const counts = countRows(lists.slice(1), batch.size);
        const weights = rowWeights(counts);
        const right = cast(greater(own, best), 'float32');
        return {
          total: mul<Scalar>(sum(mul(ownShare, weights)), -1),
          terms: logged({
            negatives: meanCount({ counts }),
            ...(Math.max(...counts) > 0 && { accuracy: sum<Scalar>(mul(right, weights)) }),
          }),
        };
      }),
    chance: (batchSize, hard = 0) =>
      Math.log(1 + (negatives ? hard : 0) + drawnPerImage(batchSize)),
  };
}

function givenTexts(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
  batch: AnyBatch,
): Candidates[] {
  const count = negativesPerPair(where, outputs, batch);
  if (outputs.negatives === undefined || count === 0) return [];
  return [{ text: outputs.negatives, count, valid: ones(batch.size * count) }];
}

function drawnTexts(
  outputs: ModelOutputs<PooledFeatures>,
  batch: AnyBatch,
  ctx: Context,
  count: number,
  settings: Required<ListwiseMatchingOptions>,
): Candidates[] {
  if (count === 0) return [];
  const key = foldIn(ctx.key, 'listwise.texts');
  const similarity = (): Tensor2D => textSimilarity(outputs);
  const { rows, valid } = drawNegatives(key, similarity, rightTexts(batch), count, settings);
  return [{ text: takeRows(outputs.text, rows), count, valid }];
}

/** [B, 1 + K + M], the true text first; entries that stand for no text are excluded. */
function columns(match: Tensor1D, lists: readonly Candidates[], size: number): Tensor2D {
  let from = 0;
  const parts = lists.map(({ count, valid }) => {
    const part = reshape<Rank.R2>(slice(match, from, size * count), [size, count]);
    from += size * count;
    if (!valid.includes(0)) return part;
    const exclusion = valid.map((counts) => (counts === 1 ? 0 : excluded));
    return add<Tensor2D>(part, tensor2d(exclusion, [size, count]));
  });
  return parts.length === 1 ? parts[0]! : concat(parts, 1);
}

/** [B] how many false texts each image has. */
function countRows(lists: readonly Candidates[], size: number): number[] {
  return Array.from({ length: size }, (_, b) =>
    lists.reduce((total, { count, valid }) => {
      const own = valid.slice(b * count, (b + 1) * count);
      return total + own.reduce((sum, counts) => sum + counts, 0);
    }, 0),
  );
}

/** [B, 1] weights of a mean over the images that have a false text. */
function rowWeights(counts: readonly number[]): Tensor2D {
  const total = Math.max(1, counts.filter((count) => count > 0).length);
  return tensor2d(
    counts.map((count) => (count > 0 ? 1 / total : 0)),
    [counts.length, 1],
  );
}

function ones(count: number): number[] {
  return new Array<number>(count).fill(1);
}
