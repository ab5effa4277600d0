import { add, matMul, reshape, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, parameter, type Key, type Params } from '@crossweave/core';
import { uniformInit } from '@crossweave/core/nn';
import type { Side } from '../../features';
import { coreProduct, rankProduct, type Product } from './products';
import { sidePaths } from './projections';

/** C chunks of width S. */
interface Chunks {
  readonly chunks: number;
  readonly size: number;
}

/**
 * The product of chunk c of an image with chunk c of a text, and the preparation of each side's
 * rows for it.
 */
export interface BlockCore<Image, Text> {
  readonly init: (key: Key) => Params;
  /** Prepares the images' rows [B, C, S]. */
  readonly image: (params: Params, x: Tensor3D) => Image;
  readonly text: (params: Params, y: Tensor3D) => Text;
  /** C·S values for each pair. */
  readonly product: Product<Image, Text>;
  /** Path of the bias of the products. */
  readonly bias?: string;
}

/**
 * z_c = Σ_r (M_cr x_c + m_cr) ∘ (N_cr y_c + n_cr), with one batched matrix product for all chunks
 * and ranks.
 */
export function lowRankCore(
  { chunks, size }: Chunks,
  rank: number,
  shared: boolean,
): BlockCore<Tensor3D, Tensor3D> {
  const paths = sidePaths('merge_linears', shared);
  const rows = (params: Params, side: Side, x: Tensor3D): Tensor3D => {
    const bias = reshape(parameter(params, `${paths[side]}.bias`), [chunks, 1, rank * size]);
    const merged = add(perChunk(x, parameter(params, `${paths[side]}.weight`)), bias);
    const ranks = reshape<Rank.R4>(merged, [chunks, -1, rank, size]);
    return reshape<Rank.R3>(transpose(ranks, [1, 2, 0, 3]), [-1, rank, chunks * size]);
  };
  return {
    init: (key) =>
      mergeParams(
        ...[...new Set([paths.image, paths.text])].map((path) =>
          initChunks<Rank.R3>(key, path, [chunks, rank * size, size]),
        ),
      ),
    image: (params, x) => rows(params, 'image', x),
    text: (params, y) => rows(params, 'text', y),
    product: rankProduct,
  };
}

/** z_co = x_cᵀ T_co y_c + t_co with a core T_c [S, S, S] for each chunk. */
export function tuckerCore({ chunks, size }: Chunks): BlockCore<Tensor3D, Tensor4D> {
  return {
    init: (key) => initChunks<Rank.R4>(key, 'bilinears', [chunks, size, size, size]),
    image: (_, x) => x,
    text: (params, y) => {
      const cores = parameter(params, 'bilinears.weight');
      const matrices = perChunk(y, reshape<Rank.R3>(cores, [chunks, size * size, size]));
      return reshape<Rank.R4>(transpose(matrices, [1, 0, 2]), [-1, chunks, size, size]);
    },
    product: coreProduct,
    bias: 'bilinears.bias',
  };
}

/** Multiplies each chunk of x [B, C, S] with its matrix of `weight` [C, out, S]: [C, B, out]. */
function perChunk(x: Tensor3D, weight: Tensor3D): Tensor3D {
  return matMul(transpose(x, [1, 0, 2]), weight, false, true);
}

/**
 * The initialisation of torch.nn.Linear and torch.nn.Bilinear, U(±1/√S), for weights and the bias
 * [C, out].
 */
function initChunks<R extends Rank.R3 | Rank.R4>(
  key: Key,
  path: string,
  shape: Tensor<R>['shape'],
): Params {
  const [weight, bias] = [`${path}.weight`, `${path}.bias`];
  const [chunks, out] = shape;
  const bound = 1 / Math.sqrt(shape.at(-1)!);
  return {
    [weight]: uniformInit(foldIn(key, weight), shape, bound),
    [bias]: uniformInit<Rank.R2>(foldIn(key, bias), [chunks, out], bound),
  };
}
