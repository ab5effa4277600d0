import {
  reshape,
  type Rank,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { mergeParams } from '@crossweave/core';
import type { Context, Fusion, Params, PooledFeatures } from '@crossweave/core';
import {
  boolean,
  count,
  oneOf,
  readOptions,
  requireDivisor,
  type Checks,
} from '@crossweave/core/authoring';
import type { Side } from '../../features';
import {
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
} from '../pooled-fusion';
import { bilinearFusion } from './bilinear-fusion';
import { lowRankCore, tuckerCore, type BlockCore } from './block-cores';
import { initProjections, project, sidePaths } from './projections';

/** `dropout` acts on the projections and their products. */
export interface BlockOptions extends PooledFusionOptions {
  /** Width M of the projections: all chunks together. Default 1600. */
  hidden?: number;
  /** C, the number of chunks into which the projections are split; divides `hidden`. Default 20. */
  chunks?: number;
  /** The product within a chunk: of rank `rank`, or by a full core. Default `low-rank`. */
  core?: 'low-rank' | 'tucker';
  /** R, the number of products that are summed for each entry with a low-rank core. Default 15. */
  rank?: number;
  /** Whether both sides, which must be of equal width, share their layers. Default false. */
  shared?: boolean;
  /**
   * What gets the signed square root and unit norm: each chunk, all products together, or nothing.
   * Default `chunks`.
   */
  normalize?: 'chunks' | 'whole' | 'none';
}

const defaults = {
  ...pooledFusionDefaults,
  hidden: 1600,
  chunks: 20,
  core: 'low-rank',
  rank: 15,
  shared: false,
  normalize: 'chunks',
} as const satisfies Required<BlockOptions>;

const checks: Checks<BlockOptions> = {
  ...pooledFusionChecks,
  hidden: count(),
  chunks: count(),
  core: oneOf('low-rank', 'tucker'),
  rank: count(),
  shared: boolean(),
  normalize: oneOf('chunks', 'whole', 'none'),
};

/**
 * Block-superdiagonal fusion (Ben-younes et al. 2019, arXiv 1902.00038): both sides are projected
 * to width M and split into C chunks of width S = M/C. Chunk c of the image is multiplied only with
 * chunk c of the text, by products of rank R as in MUTAN or by a full core [S, S, S] (MMF's
 * BlockTucker). The products of all chunks are normalised and go through `linear_out`.
 *
 * MMF's names: `linear0` for the image, `linear1`, `linear_out`. Where MMF has one parameter for
 * each chunk, the chunks are stacked here: `merge_linears<side>.weight` [C, R·S, S] and `.bias` [C,
 * R·S], or `bilinears.weight` [C, S, S, S] and `.bias` [C, S].
 */
export function block(options: BlockOptions = {}): Fusion<PooledFeatures> {
  const where = 'block';
  const settings = readOptions<BlockOptions>(where, options, defaults, checks);
  const { hidden, chunks, rank, shared, dim, dropout } = settings;
  requireDivisor(where, ['chunks', chunks], ['hidden', hidden]);
  const paths = sidePaths('linear', shared);
  const size = hidden / chunks;
  const normalized = { chunks, whole: 1, none: 0 }[settings.normalize];

  const cut = (params: Params, side: Side, x: Tensor2D, ctx: Context): Tensor3D =>
    reshape<Rank.R3>(project(params, paths[side], x, dropout, ctx), [-1, chunks, size]);

  const withCore = <Image extends Tensor, Text extends Tensor>(
    kind: string,
    core: BlockCore<Image, Text>,
  ): Fusion<PooledFeatures> =>
    bilinearFusion<Image, Text>({
      where,
      name: `block(${hidden}/${chunks} ${kind}-${dim})`,
      settings,
      product: core.product,
      ...(core.bias !== undefined && { bias: core.bias }),
      products: hidden,
      normalized,
      init: (key, specs) =>
        mergeParams(initProjections(key, where, paths, specs, hidden), core.init(key)),
      prepare: (params, image, text, ctx) => ({
        image: core.image(params, cut(params, 'image', image, ctx)),
        text: core.text(params, cut(params, 'text', text, ctx)),
      }),
    });

  return settings.core === 'tucker'
    ? withCore('tucker', tuckerCore({ chunks, size }))
    : withCore(`x${rank}`, lowRankCore({ chunks, size }, rank, shared));
}
