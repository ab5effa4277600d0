import { add, concat, mean, reshape, slice, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, parameter, type Key, type Params } from '@crossweave/core';
import { initLinear, linear, normalInit, scaledDotProductAttention } from '@crossweave/core/nn';
import { gridTokens } from '../grid';
import { resizePositions, type Grid } from '../transformer/positions';

const pool = 'visual.attnpool';
const positions = `${pool}.positional_embedding`;

/** As in open_clip: weights and positions N(0, 1 / dim), biases as in PyTorch's linear layers. */
export function initAttentionPool(key: Key, grid: Grid, dim: number, projection: number): Params {
  const draw = (path: string, shape: [number, number]): Params => ({
    [path]: normalInit(foldIn(key, path), shape, dim ** -0.5),
  });
  const layer = (name: string, out: number): Params => ({
    ...initLinear(key, `${pool}.${name}`, { in: dim, out }),
    ...draw(`${pool}.${name}.weight`, [out, dim]),
  });
  return mergeParams(
    draw(positions, [1 + grid[0] * grid[1], dim]),
    ...['q_proj', 'k_proj', 'v_proj'].map((name) => layer(name, dim)),
    layer('c_proj', projection),
  );
}

/**
 * CLIP's `AttentionPool2d`: the mean of a grid [B, h, w, C] attends to itself and every place, with
 * positions learned for the grid `trained`. The result is projected to width E.
 *
 * The places pass the same value and output layers without attention, as in MaskCLIP (Zhou et al.
 * 2022), so that they are in the same embedding space. Gives pooled [B, E] and tokens [B, h·w, E].
 */
export function attentionPool(
  params: Params,
  grid: Tensor4D,
  heads: number,
  trained: Grid,
): { pooled: Tensor2D; tokens: Tensor3D } {
  const [batch, height, width, dim] = grid.shape;
  const count = 1 + height * width;
  return tidy(() => {
    const places = gridTokens(grid);
    const table = parameter<Tensor2D>(params, positions);
    const at = reshape<Rank.R3>(resizePositions(positions, table, trained, [height, width]), [
      1,
      count,
      dim,
    ]);
    const tokens = add<Tensor3D>(
      concat<Tensor3D>([mean<Tensor3D>(places, 1, true), places], 1),
      at,
    );
    const first = slice(tokens, [0, 0, 0], [batch, 1, dim]);
    const split = (x: Tensor3D): Tensor4D =>
      transpose(reshape<Rank.R4>(x, [batch, -1, heads, dim / heads]), [0, 2, 1, 3]);
    const values = linear(params, `${pool}.v_proj`, tokens);
    const attended = scaledDotProductAttention(
      split(linear(params, `${pool}.q_proj`, first)),
      split(linear(params, `${pool}.k_proj`, tokens)),
      split(values),
    );
    const summary = reshape<Rank.R3>(transpose(attended, [0, 2, 1, 3]), [batch, 1, dim]);
    const rest = slice(values, [0, 1, 0], [batch, count - 1, dim]);
    const projected = linear(params, `${pool}.c_proj`, concat<Tensor3D>([summary, rest], 1));
    const out = projected.shape[2];
    return {
      pooled: reshape<Rank.R2>(slice(projected, [0, 0, 0], [batch, 1, out]), [batch, out]),
      tokens: slice(projected, [0, 1, 0], [batch, count - 1, out]),
    };
  });
}
