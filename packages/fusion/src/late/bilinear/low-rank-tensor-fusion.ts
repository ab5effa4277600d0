import { add, matMul, mul, reshape, transpose, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { checkShapes, foldIn, parameter } from '@crossweave/core';
import type { Context, Fusion, Key, Params, PooledFeatures } from '@crossweave/core';
import { count, readOptions } from '@crossweave/core/authoring';
import { dropout, linear, normalInit } from '@crossweave/core/nn';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from '../pooled-fusion';
import { rankProduct } from './products';
import { withOne } from './tensor-fusion';

/** `dropout` acts on the two vectors. */
export interface LowRankTensorFusionOptions extends PooledFusionOptions {
  /**
   * R, the number of terms that are summed for each entry of the joint representation. Default 4.
   */
  rank?: number;
}

const paths = { image: 'factors.0', text: 'factors.1' } as const;

/**
 * Low-rank tensor fusion (Liu et al. 2018, arXiv 1806.00064): a linear map of the tensor [1; x] ⊗
 * [1; y] whose weights are sums of R products, so that the tensor is never formed: joint = Σ_r w_r
 * · ([1; x] F_r) ∘ ([1; y] G_r) + b. MultiBench's names and layouts: `factors.0` [R, D_i + 1, D]
 * for the image, `factors.1` [R, D_t + 1, D], `fusion_weights` [1, R], `fusion_bias` [1, D];
 * MultiBench keeps the factors in a plain list, so that they are never trained, and its initialiser
 * counts D as a receptive field. Here the factors are parameters, and each F_r is drawn as in
 * Glorot & Bengio 2010.
 *
 * The scores are linear in the products, so one matrix product computes all of them.
 */
export function lowRankTensorFusion(
  options: LowRankTensorFusionOptions = {},
): Fusion<PooledFeatures> {
  const where = 'lowRankTensorFusion';
  const settings = readOptions<LowRankTensorFusionOptions>(
    where,
    options,
    { ...pooledFusionDefaults, rank: 4 },
    { ...pooledFusionChecks, rank: count() },
  );
  const { dim, rank } = settings;

  const initFactors = (key: Key, path: string, width: number): Params => ({
    [path]: normalInit(foldIn(key, path), [rank, width + 1, dim], Math.sqrt(2 / (width + 1 + dim))),
  });

  /** [1; x] F_r for all r by one product: [B, in] → [B, R, D]. */
  const rows = (params: Params, path: string, x: Tensor2D, ctx: Context): Tensor3D => {
    const factors = parameter<Tensor3D>(params, path);
    checkShapes(where, { [path]: [factors, [rank, x.shape[1] + 1, dim]] });
    const wide = reshape<Rank.R2>(transpose(factors, [1, 0, 2]), [-1, rank * dim]);
    const kept = dropout(x, settings.dropout, ctx, `${path}.dropout`);
    return reshape<Rank.R3>(matMul(withOne(kept), wide), [-1, rank, dim]);
  };

  return pooledFusion<Tensor3D, Tensor3D>({
    where,
    name: `low-rank-tensor-fusion(${dim}x${rank})`,
    settings,
    init: (key, { image, text }) => ({
      ...initFactors(key, paths.image, image.dim),
      ...initFactors(key, paths.text, text.dim),
      fusion_weights: normalInit<Rank.R2>(
        foldIn(key, 'fusion_weights'),
        [1, rank],
        Math.sqrt(2 / (1 + rank)),
      ),
      fusion_bias: zeros([1, dim]),
    }),
    prepare: (params, image, text, ctx) => {
      const weights = reshape(parameter(params, 'fusion_weights'), [1, rank, 1]);
      return {
        image: mul<Tensor3D>(rows(params, paths.image, image, ctx), weights),
        text: rows(params, paths.text, text, ctx),
      };
    },
    join: (params, image, text) =>
      add(rankProduct.aligned(image, text), parameter<Tensor2D>(params, 'fusion_bias')),
    score: (params, image, text) => {
      const weights = parameter<Tensor2D>(params, 'match_head.weight');
      const offset = linear(params, 'match_head', parameter<Tensor2D>(params, 'fusion_bias'));
      return add(rankProduct.weighed(image, text, weights), offset);
    },
  });
}
