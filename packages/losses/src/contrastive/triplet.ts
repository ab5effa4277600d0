import {
  add,
  concat,
  expandDims,
  maximum,
  mul,
  relu,
  sqrt,
  sub,
  sum,
  tidy,
  transpose,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, type Loss, type PooledFeatures } from '@crossweave/core';
import { boolean, oneOf, readOptions, withConfig } from '@crossweave/core/authoring';
import { amax } from '@crossweave/core/nn';
import { sameCheck, weightCheck } from '../option-checks';
import { countedRows, negativesOf, negativeTerms, type Negatives } from '../negatives';
import { rightImagesOf, rightTextsOf, sameTexts, type Sameness } from '../same';
import { hardSimilarities, requireNegatives, similarities } from '../similarities';
import { diagonal } from '../softmax';
import { logged } from '../terms';

export interface TripletOptions {
  /**
   * The margin by which the similarity of a true pair must exceed that of a false pair; at least 0.
   * Default 0.2.
   */
  margin?: number;
  /**
   * Only the negative with the highest cost of each row, or the sum over all negatives. Default
   * `hardest`.
   */
  mining?: 'hardest' | 'all';
  /**
   * The mean over the rows that count, or the sum over rows as in VSE++ and MMF. Default `mean`.
   */
  reduction?: 'mean' | 'sum';
  /** Images with texts (`i2t`), texts with images (`t2i`), or the sum of both. Default `both`. */
  direction?: 'both' | 'i2t' | 't2i';
  /** The similarity: the cosine, or minus the distance of the embeddings. Default `cosine`. */
  measure?: 'cosine' | 'euclidean';
  /** Whether the hard negatives of the batch are negatives of their image. Default false. */
  negatives?: boolean;
  /**
   * What makes a text true of an image, so that it is not a negative. Default groups and captions.
   */
  same?: readonly Sameness[];
}

/**
 * The triplet or hinge loss: the cost of a negative is max(0, margin + s_negative − s_own). VSE++
 * (arXiv 1707.05612) is `mining: 'hardest', reduction: 'sum'`; VSE and, with margin 0, MMF's
 * in-batch hinge are `mining: 'all', reduction: 'sum'`. The triplets of FaceNet (arXiv 1503.03832)
 * and sentence-transformers compare distances, `measure: 'euclidean'`. If the fusion has no
 * embeddings, s is its logit. Rows without a negative do not count.
 *
 * Terms: `accuracy` (rows of the first direction whose own partner scores strictly above every
 * negative), `negatives`. Chance: the margin times the number of negatives that count.
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
    if (reduction === 'sum') return total;
    const counted = countedRows(negativesOfRow);
    const share = counted.scalar((rows) => 1 / Math.max(1, rows.filter(Boolean).length));
    return mul<Scalar>(total, share);
  };

  return withConfig(where, settings, {
    name: 'triplet',
    compute: (_params, outputs, batch) =>
      tidy(() => {
        const { size } = batch;
        if (measure === 'euclidean' && outputs.embed === undefined) {
          throw new ConfigError("measure: 'euclidean' needs embeddings, and the fusion has none", {
            where,
            advice: "Use measure: 'cosine', which then uses the fusion's logits.",
          });
        }
        const measured = (c: Tensor2D): Tensor2D => (measure === 'cosine' ? c : minusDistance(c));
        const square = measured(similarities(outputs));
        const own = expandDims<Tensor2D>(diagonal(square), 1);
        const ways: [similarities: Tensor2D, negatives: Negatives][] = [];
        if (direction !== 't2i') {
          const extra = negatives ? requireNegatives(where, outputs, batch) : 0;
          const hard = extra > 0 ? [measured(hardSimilarities(outputs, size, extra))] : [];
          ways.push([
            concat([square, ...hard], 1),
            negativesOf(rightTextsOf(batch, same), size, extra),
          ]);
        }
        if (direction !== 'i2t') {
          ways.push([transpose(square), negativesOf(rightImagesOf(batch, same), size)]);
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
  });
}

/**
 * −‖a − b‖ = −√(2 − 2c) of unit vectors with cosine c; the gradient is 0 where the vectors are
 * equal.
 */
function minusDistance(c: Tensor2D): Tensor2D {
  return mul(sqrt(maximum(sub(2, mul(c, 2)), 1e-12)), -1);
}
