import {
  add,
  div,
  exp,
  mul,
  neg,
  reciprocal,
  sigmoid,
  sub,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { mergeParams, type Fusion, type Params, type PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { initLinear, linear, withGradient } from '@crossweave/core/nn';
import type { Side } from '../features';
import {
  dropSides,
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from './pooled-fusion';

/** `dropout` acts on both vectors. */
export type ProductOfExpertsOptions = PooledFusionOptions;

/** Added to each variance. */
const epsilon = 1e-8;

/**
 * The precision T = 1 / (exp(logvar) + ε) with the derivative −T·sigmoid(logvar − ln ε). It stays
 * finite where exp overflows, and is exact where T comes near 1 / ε, unlike the equal −T·(1 − ε·T).
 */
function precision(logvar: Tensor2D): Tensor2D {
  return withGradient(
    logvar,
    (value, save) => {
      const result = reciprocal(add<Tensor2D>(exp(value), epsilon));
      save(value, result);
      return result;
    },
    (gradient, [value, result]) => {
      const share = sigmoid(sub(value!, Math.log(epsilon)));
      return neg(mul(mul(gradient, result!), share)) as Tensor2D;
    },
  );
}

/**
 * Product of experts (Wu & Goodman, arXiv 1802.05335; MultiBench's MVAE): each side is a Gaussian
 * over D latent numbers, with mean μ = W·x + b and the log variance `logvar` from a second linear
 * layer, and joint is the mean of the product of both and the prior N(0, 1): (T_i·μ_i + T_t·μ_t) /
 * (T_0 + T_i + T_t) with precisions T = 1 / (exp(logvar) + ε), logvar 0 for the prior, ε = 1e-8.
 *
 * The log variances determine the weight of each side, and are learned through it. The variance of
 * the product, 1 / ΣT, is not part of `joint`, and nothing is sampled. If one side has large
 * variances, the result depends on the other side and the prior; MVAE treats a missing modality
 * like this.
 */
export function productOfExperts(options: ProductOfExpertsOptions = {}): Fusion<PooledFeatures> {
  const where = 'productOfExperts';
  const settings = readOptions(where, options, pooledFusionDefaults, pooledFusionChecks);
  const { dim } = settings;
  const prior = 1 / (1 + epsilon);

  const expert = (params: Params, side: Side, x: Tensor2D) => {
    const certainty = precision(linear(params, `${side}_logvar`, x));
    return { precision: certainty, weighed: mul(linear(params, `${side}_mean`, x), certainty) };
  };

  return pooledFusion({
    where,
    name: `product-of-experts(${dim})`,
    settings,
    init: (key, specs) =>
      mergeParams(
        ...(['image', 'text'] as const).flatMap((side) =>
          ['mean', 'logvar'].map((head) =>
            initLinear(key, `${side}_${head}`, { in: specs[side].dim, out: dim }),
          ),
        ),
      ),
    prepare: (params, image, text, ctx) => {
      const [x, y] = dropSides(image, text, settings.dropout, ctx);
      return { image: expert(params, 'image', x), text: expert(params, 'text', y) };
    },
    join: (_, image, text) =>
      div(add(image.weighed, text.weighed), add(add(image.precision, text.precision), prior)),
  });
}
