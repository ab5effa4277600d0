import { reshape, type Rank, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { type Context, type Fusion, type Params, type PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { bilinearFusion } from './bilinear-fusion';
import {
  hadamardActivations,
  hadamardChecks,
  hadamardDefaults,
  type HadamardOptions,
} from './hadamard';
import { rankProduct } from './products';
import { initProjections, project, sidePaths } from './projections';

export type MlbOptions = HadamardOptions;

/**
 * Low-rank bilinear pooling by a Hadamard product (Kim et al. 2016, arXiv 1610.04325): joint =
 * f(W_o · (f(W_0 x + b_0) ∘ f(W_1 y + b_1)) + b_o), with MMF's names (`linear0` for the image,
 * `linear1`, `linear_out`) and its ReLUs (the paper has tanh). `normalize` adds a signed square
 * root and unit norm before W_o.
 */
export function mlb(options: MlbOptions = {}): Fusion<PooledFeatures> {
  const where = 'mlb';
  const settings = readOptions<MlbOptions>(where, options, hadamardDefaults, hadamardChecks);
  const { hidden, dim, dropout } = settings;
  const activate = hadamardActivations(settings);
  const paths = sidePaths('linear');

  const rows = (params: Params, path: string, x: Tensor2D, ctx: Context): Tensor3D =>
    reshape<Rank.R3>(project(params, path, x, dropout, ctx, activate.input), [-1, 1, hidden]);

  return bilinearFusion({
    where,
    name: `mlb(${hidden}-${dim})`,
    settings,
    product: rankProduct,
    products: hidden,
    normalized: settings.normalize ? 1 : 0,
    activate: activate.output,
    init: (key, specs) => initProjections(key, where, paths, specs, hidden),
    prepare: (params, image, text, ctx) => ({
      image: rows(params, paths.image, image, ctx),
      text: rows(params, paths.text, text, ctx),
    }),
  });
}
