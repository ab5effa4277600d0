import {
  add,
  cast,
  concat,
  eye,
  greater,
  logSoftmax,
  matMul,
  max,
  mean,
  mul,
  neg,
  pad,
  reciprocal,
  reshape,
  sub,
  sum,
  tensor2d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import type { Scalar, Rank, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  withDefaults,
  type Loss,
  type ModelOutputs,
  type PooledFeatures,
} from '@crossweave/core';
import { excluded, rivals } from './groups';
import { negativesPerPair, repeatRows, type AnyBatch } from './rows';
import { temperatureRule, type Temperature } from './temperature';
import { logged } from './terms';

export interface InfoNCEOptions {
  /**
   * T. `auto`, the default, is 0.1 on cosines, and 1 for a fusion without embeddings, whose
   * scores are logits already. Any other applies to both.
   */
  temperature?: Temperature;
  /** Mean of image-to-text and text-to-image, or image-to-text alone. Default true. */
  symmetric?: boolean;
  /** The batch's hard negatives are further columns of their own image's row. Default false. */
  negatives?: boolean;
}

/**
 * InfoNCE in the batch (arXiv 1807.03748; symmetric as in CLIP, arXiv 2103.00020):
 * the mean over rows i of −log(exp(s_ii/T) / Σ_j exp(s_ij/T)), s the cosines of `embed`, or
 * `score` where the fusion has none. Pairs whose `groups` are equal are left out of each
 * other's sum: another caption of the same image is neither a positive nor a negative.
 *
 * Terms: `i2t`, `t2i`, `accuracy` (rows whose own text scores strictly highest), `temperature`.
 * Chance: ln B, and ln(B + K) for the rows with K hard negatives.
 */
export function infoNCE(options: InfoNCEOptions = {}): Loss<PooledFeatures> {
  const where = 'infoNCE';
  const { temperature, symmetric, negatives } = withDefaults<InfoNCEOptions>(where, options, {
    temperature: 'auto',
    symmetric: true,
    negatives: false,
  });
  const { init, inverse } = temperatureRule(where, temperature);

  return {
    name: 'info-nce',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const size = batch.size;
        const extra = negatives ? requireNegatives(where, outputs, batch) : 0;
        const scale = inverse(params, outputs.embed === undefined ? 1 : 0.1);
        const { square, beside } = scores(outputs, size, extra);
        const diagonal = eye(size);
        const barred = sub(sub(1, tensor2d(rivals(batch.groups), [size, size])), diagonal);
        const logits = add<Tensor2D>(mul(square, scale), mul(barred, excluded));
        const rows = beside ? concat([logits, mul<Tensor2D>(beside, scale)], 1) : logits;
        const own = pad(diagonal, [
          [0, 0],
          [0, extra],
        ]);

        const i2t = crossEntropy(rows, own);
        const t2i = symmetric ? crossEntropy(transpose(logits), diagonal) : undefined;
        const accuracy = strictlyFirst(rows, own);
        return {
          total: t2i === undefined ? i2t : mul<Scalar>(add(i2t, t2i), 0.5),
          terms: logged({ i2t, ...(t2i && { t2i }), accuracy, temperature: reciprocal(scale) }),
        };
      }),
    chance: (batchSize, hard = 0) => {
      const i2t = Math.log(batchSize + (negatives ? hard : 0));
      return symmetric ? (i2t + Math.log(batchSize)) / 2 : i2t;
    },
  };
}

function requireNegatives(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
  batch: AnyBatch,
): number {
  const count = negativesPerPair(where, outputs, batch);
  if (count === 0) {
    throw new ConfigError('the batch has no hard negatives', {
      where,
      advice: 'Use data with negatives, or set negatives to false.',
    });
  }
  return count;
}

/** [B, B] of all pairs, and [B, K] of each image with its own hard negatives. */
function scores(
  outputs: ModelOutputs<PooledFeatures>,
  size: number,
  extra: number,
): { square: Tensor2D; beside: Tensor2D | undefined } {
  const { image, text, negatives } = outputs;
  const hard = extra === 0 ? undefined : negatives;
  if (outputs.embed === undefined) {
    const paired = hard && outputs.fuse(repeatRows(image, extra), hard).match;
    return {
      square: outputs.score(image, text),
      beside: paired && reshape(paired, [size, extra]),
    };
  }
  const left = outputs.embed('image', image);
  const width = left.shape[1];
  const right = hard && reshape<Rank.R3>(outputs.embed('text', hard), [size, extra, width]);
  return {
    square: matMul(left, outputs.embed('text', text), false, true),
    beside: right && sum<Tensor2D>(mul(right, reshape(left, [size, 1, width])), 2),
  };
}

/** Mean over rows of −log softmax at the column that `own` (0/1) marks. */
function crossEntropy(logits: Tensor2D, own: Tensor2D): Scalar {
  return neg(mean<Scalar>(sum<Tensor1D>(mul(logSoftmax(logits), own), 1)));
}

function strictlyFirst(logits: Tensor2D, own: Tensor2D): Scalar {
  const target = sum(mul(logits, own), 1);
  const best = max(add(logits, mul(own, excluded)), 1);
  return mean<Scalar>(cast(greater(target, best), 'float32'));
}
