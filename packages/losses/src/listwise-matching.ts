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
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { foldIn, requireInteger, withDefaults, type Features, type Loss } from '@crossweave/core';
import { drawRivals, textSimilarity } from './draw';
import { excluded } from './groups';
import { joinRows, negativesPerPair, repeatRows, takeRows } from './rows';

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
  readonly text: Features;
  /** Per image. */
  readonly count: number;
  readonly valid: readonly number[];
}

/**
 * Image-text matching as a choice: for each image, softmax cross-entropy of `match` over
 * its true text, its K hard negatives and M texts drawn from the batch's other groups.
 * Unlike the binary form it needs no threshold, so it trains what ranking measures.
 * Images without any candidate do not count.
 *
 * Terms: `accuracy`, the share of images whose true text scores strictly highest. Chance:
 * ln(1 + K + M), with M at most B − 1.
 */
export function listwiseMatching(options: ListwiseMatchingOptions = {}): Loss {
  const where = 'listwiseMatching';
  const settings = withDefaults<ListwiseMatchingOptions>(where, options, {
    inBatch: 3,
    hard: false,
    drawTemperature: 0.1,
    negatives: true,
  });
  const { inBatch, negatives } = settings;
  requireInteger(where, 'inBatch', inBatch, 0);
  const drawnPerImage = (batchSize: number): number => Math.min(inBatch, batchSize - 1);

  return {
    name: 'listwise-matching',
    compute: (_params, outputs, batch, ctx) => {
      const { size } = batch;
      const all = (count: number): number[] => new Array<number>(size * count).fill(1);
      const lists: Candidates[] = [{ text: outputs.text, count: 1, valid: all(1) }];
      const given = negatives ? negativesPerPair(where, outputs, batch) : 0;
      if (given > 0) lists.push({ text: outputs.negatives!, count: given, valid: all(given) });
      const drawn = drawnPerImage(size);
      if (drawn > 0) {
        const key = foldIn(ctx.key, `${where}.texts`);
        const similarity = (): Tensor2D => textSimilarity(outputs);
        const { rows, valid } = drawRivals(key, similarity, batch.groups, drawn, settings);
        lists.push({ text: takeRows(outputs.text, rows), count: drawn, valid });
      }

      const { match } = outputs.fuse(
        joinRows(lists.map(({ count }) => repeatRows(outputs.image, count))),
        joinRows(lists.map(({ text }) => text)),
      );
      const logits = maskedColumns(match, lists, size);
      const counted = countedImages(lists, size);
      const own = slice(logits, [0, 0], [size, 1]);
      const width = logits.shape[1];
      const first = slice(logSoftmax(logits), [0, 0], [size, 1]);
      const best = width === 1 ? own : max(slice(logits, [0, 1], [size, width - 1]), 1, true);
      return {
        total: mul<Scalar>(sum(mul(reshape(first, [size]), counted)), -1),
        terms: {
          accuracy: sum<Scalar>(mul(reshape(cast(greater(own, best), 'float32'), [size]), counted)),
        },
      };
    },
    chance: (batchSize, hard = 0) =>
      Math.log(1 + (negatives ? hard : 0) + drawnPerImage(batchSize)),
  };
}

/** [B, 1 + K + M], the true text first; entries that stand for no text are excluded. */
function maskedColumns(match: Tensor1D, lists: readonly Candidates[], size: number): Tensor2D {
  let from = 0;
  const columns = lists.map(({ count, valid }) => {
    const part = reshape<Rank.R2>(slice(match, from, size * count), [size, count]);
    from += size * count;
    const barred = valid.map((v) => (v === 1 ? 0 : excluded));
    return barred.every((b) => b === 0)
      ? part
      : add<Tensor2D>(part, tensor2d(barred, [size, count]));
  });
  return columns.length === 1 ? columns[0]! : concat(columns, 1);
}

/** [B] weights of a mean over the images that have a candidate besides the true text. */
function countedImages(lists: readonly Candidates[], size: number): Tensor1D {
  const counted = Array.from({ length: size }, (_, b) =>
    lists.slice(1).some(({ count, valid }) => valid.slice(b * count, (b + 1) * count).includes(1)),
  );
  const total = Math.max(1, counted.filter(Boolean).length);
  return tensor1d(counted.map((has) => (has ? 1 / total : 0)));
}
