import { matMul, reshape, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, parameter } from '@crossweave/core';
import type { Fusion, Params, PooledFeatures } from '@crossweave/core';
import { boolean, count, readOptions } from '@crossweave/core/authoring';
import { uniformInit } from '@crossweave/core/nn';
import {
  bilinearFusion,
  bilinearFusionChecks,
  bilinearFusionDefaults,
  type BilinearFusionOptions,
} from './bilinear-fusion';
import { coreProduct } from './products';
import { initProjections, project, sidePaths } from './projections';

export interface TuckerOptions extends BilinearFusionOptions {
  /** Width M of the projections; the core has M³ parameters. Default 128. */
  hidden?: number;
  /** Whether both sides, which must be of equal width, share one projection. Default false. */
  shared?: boolean;
}

/**
 * Tucker fusion with a full core T [M, M, M] (Ben-younes et al. 2017, arXiv 1705.06676, section 3):
 * joint = W_o · z + b_o, z_o = x'ᵀ T_o y' + t_o, with x' = W_0 x + b_0 and y' = W_1 y + b_1. MMF's
 * names: `linear0` for the image, `linear1`, `bilinear` as torch.nn.Bilinear, `linear_out`. With
 * MMF's width of 1600 the core would take 16 GB; with the default it takes 8 MB.
 */
export function tucker(options: TuckerOptions = {}): Fusion<PooledFeatures> {
  const where = 'tucker';
  const settings = readOptions<TuckerOptions>(
    where,
    options,
    { ...bilinearFusionDefaults, hidden: 128, shared: false },
    { ...bilinearFusionChecks, hidden: count(), shared: boolean() },
  );
  const { hidden, shared, dim, dropout } = settings;
  const paths = sidePaths('linear', shared);
  const bound = 1 / Math.sqrt(hidden);
  const [weight, bias] = ['bilinear.weight', 'bilinear.bias'] as const;

  /**
   * T_o y' of each text: [B, M] → [B, 1, M, M], by one matrix product with the core in its stored
   * layout.
   */
  const contract = (params: Params, y: Tensor2D) => {
    const core = reshape<Rank.R2>(parameter(params, weight), [hidden * hidden, hidden]);
    return reshape<Rank.R4>(matMul(y, core, false, true), [-1, 1, hidden, hidden]);
  };

  return bilinearFusion({
    where,
    name: `tucker(${hidden}-${dim})`,
    settings,
    product: coreProduct,
    products: hidden,
    normalized: settings.normalize ? 1 : 0,
    bias,
    init: (key, specs) =>
      mergeParams(initProjections(key, where, paths, specs, hidden), {
        [weight]: uniformInit(foldIn(key, weight), [hidden, hidden, hidden], bound),
        [bias]: uniformInit(foldIn(key, bias), [hidden], bound),
      }),
    prepare: (params, image, text, ctx) => {
      const left = project(params, paths.image, image, dropout, ctx);
      const right = project(params, paths.text, text, dropout, ctx);
      return { image: reshape<Rank.R3>(left, [-1, 1, hidden]), text: contract(params, right) };
    },
  });
}
