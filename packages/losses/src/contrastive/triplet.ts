import { add, concat, expandDims, maximum, mul, relu, sqrt, sub, sum } from '@tensorflow/tfjs-core';
import { tensor2d, tidy, transpose, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, type Loss, type PooledFeatures } from '@crossweave/core';
import { boolean, oneOf, readOptions } from '@crossweave/core/authoring';
import { sameCheck, weightCheck } from '../option-checks';
import { rivals, sameRows, sameTexts, type Sameness } from '../same';
import { hardSimilarities, requireNegatives, similarities } from '../similarities';
import { diagonal, rowMaximum, strictlyFirst } from '../softmax';
import { logged } from '../terms';

export interface TripletOptions {
  /** By how much a true pair must be ahead; at least 0. Default 0.2. */
  margin?: number;
  /** Each row's costliest negative alone, or the sum over all. Default `hardest`. */
  mining?: 'hardest' | 'all';
  /** Over rows: their mean, or their sum as VSE++ and MMF have it. Default `mean`. */
  reduction?: 'mean' | 'sum';
  /** Images against texts, texts against images, or the sum of both. Default both. */
  direction?: 'both' | 'i2t' | 't2i';
  /** Similarity: the cosine, or minus the distance of the embeddings. Default cosine. */
  measure?: 'cosine' | 'euclidean';
  /** The batch's hard negatives count for their own image. Default false. */
  negatives?: boolean;
  /** What makes two rows the same, and so no negatives of each other. Default groups and captions. */
  same?: readonly Sameness[];
}

/**
 * The triplet or hinge loss: the cost of a negative is max(0, margin + s_negative − s_own).
 * VSE++ (arXiv 1707.05612) is `mining: 'hardest', reduction: 'sum'`; VSE and, at margin 0, MMF's
 * in-batch hinge `mining: 'all', reduction: 'sum'`; FaceNet's triplets (arXiv 1503.03832) and those
 * of sentence-transformers weigh distances, `measure: 'euclidean'`.
 * Where the fusion has no embeddings, s is its logit.
 *
 * Terms: `accuracy` (images whose own text scores strictly above every negative). Chance: the
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

  const costs = (s: Tensor2D, own: Tensor2D, counting: Tensor2D): Scalar => {
    const each = mul<Tensor2D>(relu(add<Tensor2D>(sub(s, own), margin)), counting);
    return mining === 'all' ? sum(each) : sum(rowMaximum(each));
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
        const counting = tensor2d(rivals(batch, same), [size, size]);
        const own = expandDims<Tensor2D>(diagonal(square), 1);
        const parts: Scalar[] = [];
        if (direction !== 't2i') {
          const extra = negatives ? requireNegatives(where, outputs, batch) : 0;
          if (extra === 0) parts.push(costs(square, own, counting));
          else {
            const hard = measured(hardSimilarities(outputs, size, extra));
            const ones = tensor2d(new Float32Array(size * extra).fill(1), [size, extra]);
            parts.push(costs(concat([square, hard], 1), own, concat([counting, ones], 1)));
          }
        }
        if (direction !== 'i2t') parts.push(costs(transpose(square), own, counting));
        const total = parts.reduce((all, part) => add(all, part));
        const spared = tensor2d(sameRows(batch, same), [size, size]);
        return {
          total: reduction === 'sum' ? total : mul<Scalar>(total, 1 / size),
          terms: logged({ accuracy: strictlyFirst(square, spared) }),
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
