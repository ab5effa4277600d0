import {
  ones,
  reshape,
  type Rank,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';

import { globalAveragePool } from '@crossweave/core/nn';

/** The places of a grid as tokens, row by row: [B, h, w, C] → [B, h·w, C]. */
export function gridTokens(grid: Tensor4D): Tensor3D {
  const [batch, height, width, channels] = grid.shape;
  return reshape<Rank.R3>(grid, [batch, height * width, channels]);
}

/**
 * Features of a grid [B, h, w, C]: its places as tokens, without masked tokens, and their mean as
 * pooled.
 */
export function gridFeatures(grid: Tensor4D): {
  tokens: Tensor3D;
  mask: Tensor2D;
  pooled: Tensor2D;
} {
  const [batch, height, width] = grid.shape;
  const mask = ones<Rank.R2>([batch, height * width]);
  return { tokens: gridTokens(grid), mask, pooled: globalAveragePool(grid) };
}
