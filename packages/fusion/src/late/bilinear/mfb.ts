import { reshape, transpose, type Rank, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { count, readOptions, type Checks } from '@crossweave/core/authoring';
import type { Context, Fusion, Params, PooledFeatures } from '@crossweave/core';
import { bilinearFusion } from './bilinear-fusion';
import {
  hadamardActivations,
  hadamardChecks,
  hadamardDefaults,
  type HadamardOptions,
} from './hadamard';
import { rankProduct } from './products';
import { initProjections, project, sidePaths } from './projections';

export interface MfbOptions extends HadamardOptions {
  /** F, the number of neighbouring products that are summed. Default 2. */
  factor?: number;
}

export const mfbDefaults = { ...hadamardDefaults, factor: 2 } as const;

export const mfbChecks: Checks<MfbOptions> = { ...hadamardChecks, factor: count() };

/**
 * Multi-modal factorised bilinear pooling (Yu et al. 2017, arXiv 1708.01471): as MLB with width
 * M·F, but F neighbouring products are summed before `linear_out`, so that each of the M sums is a
 * bilinear form of rank F. MMF's names (`linear0` for the image, `linear1`, `linear_out`), ReLUs
 * and order: product m·F + f belongs to sum m.
 */
export function mfb(options: MfbOptions = {}): Fusion<PooledFeatures> {
  const where = 'mfb';
  const settings = readOptions<MfbOptions>(where, options, mfbDefaults, mfbChecks);
  const { hidden, factor, dim, dropout } = settings;
  const activate = hadamardActivations(settings);
  const paths = sidePaths('linear');

  const rows = (params: Params, path: string, x: Tensor2D, ctx: Context): Tensor3D =>
    factorRows(project(params, path, x, dropout, ctx, activate.input), factor);

  return bilinearFusion({
    where,
    name: `mfb(${hidden}x${factor}-${dim})`,
    settings,
    product: rankProduct,
    products: hidden,
    normalized: settings.normalize ? 1 : 0,
    activate: activate.output,
    init: (key, specs) => initProjections(key, where, paths, specs, hidden * factor),
    prepare: (params, image, text, ctx) => ({
      image: rows(params, paths.image, image, ctx),
      text: rows(params, paths.text, text, ctx),
    }),
  });
}

/** [B, M·F], in which the F factors of a sum are neighbours → [B, F, M]. */
export function factorRows(x: Tensor2D, factor: number): Tensor3D {
  const [rows, width] = x.shape;
  return transpose(reshape<Rank.R3>(x, [rows, width / factor, factor]), [0, 2, 1]);
}
