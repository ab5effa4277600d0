import { reshape, type Rank, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { mergeParams } from '@crossweave/core';
import type { Context, Fusion, Params, PooledFeatures } from '@crossweave/core';
import { boolean, count, readOptions } from '@crossweave/core/authoring';
import { linear } from '@crossweave/core/nn';
import type { Side } from '../../features';
import {
  bilinearFusion,
  bilinearFusionChecks,
  bilinearFusionDefaults,
  type BilinearFusionOptions,
} from './bilinear-fusion';
import { rankProduct } from './products';
import { initProjections, project, sidePaths } from './projections';

export interface MutanOptions extends BilinearFusionOptions {
  /** Width M of the projections and of the products. Default 256. */
  hidden?: number;
  /** R, the number of products that are summed for each entry. Default 15. */
  rank?: number;
  /** Whether both sides, which must be of equal width, share their layers. Default false. */
  shared?: boolean;
}

/**
 * Tucker fusion with a core of rank R for each output (Ben-younes et al. 2017, arXiv 1705.06676):
 * joint = W_o · Σ_r (M_r x')∘(N_r y') + b_o, with x' = W_0 x + b_0 and y' = W_1 y + b_1. MMF's
 * names: `linear0` and `merge_linear0` (all M_r, stacked along axis 0) for the image, `linear1` and
 * `merge_linear1`, `linear_out`. With MMF's width of 1600 the merging layers have 77 million
 * parameters; with the default here they have 2 million.
 */
export function mutan(options: MutanOptions = {}): Fusion<PooledFeatures> {
  const where = 'mutan';
  const settings = readOptions<MutanOptions>(
    where,
    options,
    { ...bilinearFusionDefaults, hidden: 256, rank: 15, shared: false },
    { ...bilinearFusionChecks, hidden: count(), rank: count(), shared: boolean() },
  );
  const { hidden, rank, shared, dim, dropout } = settings;
  const first = sidePaths('linear', shared);
  const merge = sidePaths('merge_linear', shared);

  const rows = (params: Params, side: Side, x: Tensor2D, ctx: Context): Tensor3D => {
    const projected = project(params, first[side], x, dropout, ctx);
    return reshape<Rank.R3>(linear(params, merge[side], projected), [-1, rank, hidden]);
  };

  return bilinearFusion({
    where,
    name: `mutan(${hidden}x${rank}-${dim})`,
    settings,
    product: rankProduct,
    products: hidden,
    normalized: settings.normalize ? 1 : 0,
    init: (key, specs) => {
      const between = { image: { dim: hidden }, text: { dim: hidden } };
      return mergeParams(
        initProjections(key, where, first, specs, hidden),
        initProjections(key, where, merge, between, hidden * rank),
      );
    },
    prepare: (params, image, text, ctx) => ({
      image: rows(params, 'image', image, ctx),
      text: rows(params, 'text', text, ctx),
    }),
  });
}
