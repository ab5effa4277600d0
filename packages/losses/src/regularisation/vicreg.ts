import {
  add,
  eye,
  matMul,
  mean,
  mul,
  relu,
  sqrt,
  square,
  sub,
  sum,
  tidy,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { readOptions, withConfig } from '@crossweave/core/authoring';
import { weightCheck } from '../option-checks';
import { requireEmbeddings } from '../similarities';
import { logged } from '../terms';

export interface VicregOptions {
  /** λ, the weight of the distance of true pairs, at least 0. Default 25. */
  invariance?: number;
  /**
   * μ, the weight of the hinge that keeps the standard deviation of every dimension at 1, at least
   * 0. Default 25.
   */
  variance?: number;
  /** ν, the weight of the covariances of different dimensions, at least 0. Default 1. */
  covariance?: number;
}

/**
 * VICReg (arXiv 2105.04906) with the scaling of the authors' code, to which the default weights
 * belong. With z and z' the embeddings of the two sides:
 *
 * - invariance: the mean over rows and dimensions of (z − z')²,
 * - variance: the mean over dimensions of max(0, 1 − √(Var z + 1e-4)), mean of the two sides,
 * - covariance: Σ_{i≠j} Cov(z)_ij² / E, sum of the two sides.
 *
 * Variances and covariances are unbiased (divided by B − 1). Embeddings of length 1 cannot have a
 * standard deviation of 1 in each of E dimensions, so they are scaled by √E first. The loss has no
 * negatives, so a batch may repeat images.
 *
 * Needs embeddings. Terms: `invariance`, `variance`, `covariance` (unweighted). There is no chance
 * level, since features without information may have any variance.
 */
export function vicreg(options: VicregOptions = {}): Loss<PooledFeatures> {
  const where = 'vicreg';
  const weights = readOptions<VicregOptions>(
    where,
    options,
    { invariance: 25, variance: 25, covariance: 1 },
    { invariance: weightCheck, variance: weightCheck, covariance: weightCheck },
  );

  return withConfig(where, weights, {
    name: 'vicreg',
    compute: (_params, outputs) =>
      tidy(() => {
        const { image, text } = requireEmbeddings(where, outputs);
        const scale = Math.sqrt(image.shape[1]);
        const [left, right] = [mul<Tensor2D>(image, scale), mul<Tensor2D>(text, scale)];
        const [images, texts] = [moments(left), moments(right)];
        const invariance = mean<Scalar>(square(sub(left, right)));
        const variance = mul<Scalar>(add(images.variance, texts.variance), 0.5);
        const covariance = add<Scalar>(images.covariance, texts.covariance);
        const terms = { invariance, variance, covariance };
        const parts = Object.values(terms).map((part, i) =>
          mul<Scalar>(part, [weights.invariance, weights.variance, weights.covariance][i]!),
        );
        return { total: parts.reduce((all, part) => add(all, part)), terms: logged(terms) };
      }),
  });
}

function moments(z: Tensor2D): { variance: Scalar; covariance: Scalar } {
  const [size, width] = z.shape;
  const centred = sub<Tensor2D>(z, mean(z, 0, true));
  // For one row the variance is set to 0 instead of 0/0.
  const perRow = 1 / Math.max(1, size - 1);
  const deviations = sqrt(add(mul(sum(square(centred), 0), perRow), 1e-4));
  const covariances = mul(matMul(centred, centred, true), perRow);
  const offDiagonal = mul(covariances, sub(1, eye(width)));
  return {
    variance: mean(relu(sub(1, deviations))),
    covariance: mul(sum(square(offDiagonal)), 1 / width),
  };
}
