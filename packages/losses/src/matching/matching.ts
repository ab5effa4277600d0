import { cast, greater, mul, softplus, sum, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  type Context,
  type Loss,
  type ModelOutputs,
  type PooledFeatures,
} from '@crossweave/core';
import { boolean, count, readOptions } from '@crossweave/core/authoring';
import { drawChecks, drawNegatives, imageSimilarity, textSimilarity } from './draw';
import { meanCount } from '../negatives';
import { joinRows, negativesPerPair, repeatRows, takeRows, type AnyBatch } from '../rows';
import { rightImages, rightTexts, type RowSets } from '../same';
import { logged } from '../terms';

export interface MatchingOptions {
  /** Negatives drawn from the batch for each row, of texts and of images. Default 1. */
  inBatch?: number;
  /** Draw them by similarity (true) or uniformly. Default true. */
  hard?: boolean;
  /** T of the softmax over similarities that they are drawn from. Default 0.1. */
  drawTemperature?: number;
  /** The batch's own hard negatives, where it has them, are negative pairs too. Default true. */
  negatives?: boolean;
  /**
   * True pairs weigh as much as all false ones together, so that knowing how many there are
   * of each is worth nothing; otherwise all pairs weigh the same, as in ALBEF. Default true.
   */
  balanced?: boolean;
}

/** Pairs to be judged, and 0 for those that stand for no pair. */
interface Pairs {
  readonly image: PooledFeatures;
  readonly text: PooledFeatures;
  readonly weights: readonly number[];
}

/**
 * Image-text matching (ITM of ALBEF, arXiv 2107.07651): binary cross-entropy of `match`
 * over the B true pairs, `inBatch` texts and `inBatch` images drawn for each row from those of the
 * batch that are not right for it, and the given hard negatives. A row without a false pair does not
 * count with its true one either: saying yes to everything would learn it.
 *
 * Terms: `negatives` (false pairs a row), `accuracy` at the threshold 0, weighted as the total, and
 * `accuracy.true` and `accuracy.false` of either kind. Chance: ln 2 (where all pairs weigh the same, a model that
 * knows only the share of true ones gets below it).
 */
export function matching(options: MatchingOptions = {}): Loss<PooledFeatures> {
  const where = 'matching';
  const settings = readOptions<MatchingOptions>(
    where,
    options,
    { inBatch: 1, hard: true, drawTemperature: 0.1, negatives: true, balanced: true },
    { inBatch: count(0), ...drawChecks, negatives: boolean(), balanced: boolean() },
  );

  return {
    name: 'matching',
    compute: (_params, outputs, batch, ctx) =>
      tidy(() => {
        const falsePairs: Pairs[] = [
          ...drawnPairs(outputs, batch, ctx, settings),
          ...(settings.negatives ? givenPairs(where, outputs, batch) : []),
        ];
        const counts = countRows(falsePairs, batch.size);
        const counted = counts.map((count) => (count > 0 ? 1 : 0));
        const pairs: Pairs[] = [
          { image: outputs.image, text: outputs.text, weights: counted },
          ...falsePairs,
        ];
        const { match } = outputs.fuse(
          joinRows(pairs.map(({ image }) => image)),
          joinRows(pairs.map(({ text }) => text)),
        );
        const weights = pairs.flatMap((each) => each.weights);
        const truths = weights.map((_, p) => p < batch.size);
        const signed = mul<Tensor1D>(match, tensor1d(truths.map((truth) => (truth ? 1 : -1))));
        const correct = cast(greater<Tensor1D>(signed, 0), 'float32');
        const only = (kind: boolean): number[] =>
          normalised(weights.map((weight, p) => (truths[p] === kind ? weight : 0)));
        const [whenTrue, whenFalse] = [only(true), only(false)];
        const share = normalised(
          settings.balanced ? weights.map((_, p) => whenTrue[p]! + whenFalse[p]!) : weights,
        );
        return {
          // −log σ(z) of true pairs and −log σ(−z) of false ones.
          total: weighted(softplus(mul<Tensor1D>(signed, -1)), share),
          terms: logged({
            negatives: meanCount({ counts }),
            // Without a false pair there is nothing to be right about.
            ...(counted.includes(1) && {
              accuracy: weighted(correct, share),
              'accuracy.true': weighted(correct, whenTrue),
              'accuracy.false': weighted(correct, whenFalse),
            }),
          }),
        };
      }),
    chance: () => Math.LN2,
  };
}

/** Each image with drawn texts, and each text with drawn images. */
function drawnPairs(
  outputs: ModelOutputs<PooledFeatures>,
  batch: AnyBatch,
  ctx: Context,
  settings: Required<MatchingOptions>,
): Pairs[] {
  const { image, text } = outputs;
  const count = settings.inBatch;
  if (count === 0) return [];
  const draw = (name: string, similarity: typeof textSimilarity, right: RowSets) =>
    drawNegatives(foldIn(ctx.key, name), () => similarity(outputs), right, count, settings);
  const texts = draw('matching.texts', textSimilarity, rightTexts(batch));
  const images = draw('matching.images', imageSimilarity, rightImages(batch));
  return [
    { image: repeatRows(image, count), text: takeRows(text, texts.rows), weights: texts.valid },
    { image: takeRows(image, images.rows), text: repeatRows(text, count), weights: images.valid },
  ];
}

function givenPairs(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
  batch: AnyBatch,
): Pairs[] {
  const count = negativesPerPair(where, outputs, batch);
  if (outputs.negatives === undefined || count === 0) return [];
  return [
    {
      image: repeatRows(outputs.image, count),
      text: outputs.negatives,
      weights: ones(batch.size * count),
    },
  ];
}

/** [B] how many of these pairs count for each row; a row's pairs stand together. */
function countRows(pairs: readonly Pairs[], size: number): number[] {
  return Array.from({ length: size }, (_, b) =>
    pairs.reduce((total, { weights }) => {
      const perRow = weights.length / size;
      const own = weights.slice(b * perRow, (b + 1) * perRow);
      return total + own.reduce((sum, weight) => sum + weight, 0);
    }, 0),
  );
}

/** Weights that sum to 1; all zero where none is left. */
function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 0));
}

function weighted(values: Tensor1D, weights: readonly number[]): Scalar {
  return sum<Scalar>(mul(values, tensor1d([...weights])));
}

function ones(count: number): number[] {
  return new Array<number>(count).fill(1);
}
