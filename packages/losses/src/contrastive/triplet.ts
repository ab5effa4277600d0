import { add, concat, expandDims, maximum, mul, relu, sqrt, sub, sum } from '@tensorflow/tfjs-core';
import { tidy, transpose, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, type Loss, type PooledFeatures } from '@crossweave/core';
import { boolean, oneOf, readOptions } from '@crossweave/core/authoring';
import { amax } from '@crossweave/core/nn';
import { sameCheck, weightCheck } from '../option-checks';
import { countedRows, negativesOf, negativeTerms, type Negatives } from '../negatives';
import { rightImages, rightTexts, sameTexts, type Sameness } from '../same';
import { hardSimilarities, requireNegatives, similarities } from '../similarities';
import { diagonal } from '../softmax';
import { logged } from '../terms';

export interface TripletOptions {
  /** By how much a true pair must be ahead; at least 0. Default 0.2. */
  margin?: number;
  /** Each row's costliest negative alone, or the sum over all. Default `hardest`. */
  mining?: 'hardest' | 'all';
  /** Over rows: the mean of those that count, or their sum as VSE++ and MMF have it. Default `mean`. */
  reduction?: 'mean' | 'sum';
  /** Images against texts, texts against images, or the sum of both. Default both. */
  direction?: 'both' | 'i2t' | 't2i';
  /** Similarity: the cosine, or minus the distance of the embeddings. Default cosine. */
  measure?: 'cosine' | 'euclidean';
  /** The batch's hard negatives count for their own image. Default false. */
  negatives?: boolean;
  /** What makes a text right for an image, and so no negative of it. Default groups and captions. */
  same?: readonly Sameness[];
}

/**
 * The triplet or hinge loss: the cost of a negative is max(0, margin + s_negative − s_own).
 * VSE++ (arXiv 1707.05612) is `mining: 'hardest', reduction: 'sum'`; VSE and, at margin 0, MMF's
 * in-batch hinge `mining: 'all', reduction: 'sum'`; FaceNet's triplets (arXiv 1503.03832) and those
 * of sentence-transformers weigh distances, `measure: 'euclidean'`.
 * Where the fusion has no embeddings, s is its logit. Rows without a negative do not count.
 *
 * Terms: `accuracy` (rows of the first direction whose own partner scores strictly above every
 * negative), `negatives`. Chance: the
 * margin once for every negative that counts.
 */
export function triplet(options: TripletOptions = {}): Loss<PooledFeatures> {
  const where = 'triplet';
  const settings = readOptions<TripletOptions>(
    where,
    options,
    {
      margin: 0.2,
      mining: 'hardest',
      reduction: 'mean',
      direction: 'both',
      measure: 'cosine',
      negatives: false,
      same: sameTexts,
    },
    {
      margin: weightCheck,
      mining: oneOf('hardest', 'all'),
      reduction: oneOf('mean', 'sum'),
      direction: oneOf('both', 'i2t', 't2i'),
      measure: oneOf('cosine', 'euclidean'),
      negatives: boolean(),
      same: sameCheck,
    },
  );
  const { margin, mining, reduction, direction, measure, negatives, same } = settings;

  const costs = (s: Tensor2D, own: Tensor2D, negativesOfRow: Negatives): Scalar => {
    const each = mul<Tensor2D>(relu(add<Tensor2D>(sub(s, own), margin)), negativesOfRow.mask);
    const total: Scalar = mining === 'all' ? sum(each) : sum(amax(each, 1));
    const counted = countedRows(negativesOfRow).filter(Boolean).length;
    return reduction === 'sum' ? total : mul<Scalar>(total, 1 / Math.max(1, counted));
  };

  return {
    name: 'triplet',
    compute: (_params, outputs, batch) =>
      tidy(() => {
        const { size } = batch;
        if (measure === 'euclidean' && outputs.embed === undefined) {
          throw new ConfigError('the fusion has no embeddings to measure distances of', {
            where,
            advice: "Use measure: 'cosine', which takes the fusion's logits.",
          });
        }
        const measured = (c: Tensor2D): Tensor2D => (measure === 'cosine' ? c : minusDistance(c));
        const square = measured(similarities(outputs));
        const own = expandDims<Tensor2D>(diagonal(square), 1);
        const ways: [similarities: Tensor2D, negatives: Negatives][] = [];
        if (direction !== 't2i') {
          const extra = negatives ? requireNegatives(where, outputs, batch) : 0;
          const hard = extra > 0 ? [measured(hardSimilarities(outputs, size, extra))] : [];
          ways.push([concat([square, ...hard], 1), negativesOf(rightTexts(batch, same), extra)]);
        }
        if (direction !== 'i2t') {
          ways.push([transpose(square), negativesOf(rightImages(batch, same))]);
        }
        return {
          total: ways
            .map(([s, negativesOfRow]) => costs(s, own, negativesOfRow))
            .reduce((all, part) => add<Scalar>(all, part)),
          terms: logged(negativeTerms(...ways[0]!)),
        };
      }),
    chance: (batchSize, hard = 0) => {
      const counts = [
        ...(direction === 't2i' ? [] : [batchSize - 1 + (negatives ? hard : 0)]),
        ...(direction === 'i2t' ? [] : [batchSize - 1]),
      ].map((count) => (mining === 'all' ? count : Math.min(1, count)));
      const perRow = margin * counts.reduce((total, count) => total + count, 0);
      return reduction === 'sum' ? perRow * batchSize : perRow;
    },
  };
}

/** −‖a − b‖ of unit vectors whose cosine is c: −√(2 − 2c); no gradient where they coincide. */
function minusDistance(c: Tensor2D): Tensor2D {
  return mul(sqrt(maximum(sub(2, mul(c, 2)), 1e-12)), -1);
}
