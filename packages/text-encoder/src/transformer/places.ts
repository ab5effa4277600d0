import { reshape, slice } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { parameter, type Params } from '@crossweave/core';

/** The first N rows of a position table, for every text alike: [1, N, D]. */
export function firstPlaces(params: Params, path: string, count: number): Tensor3D {
  const table = parameter<Tensor2D>(params, `${path}.weight`);
  const dim = table.shape[1];
  return reshape<Rank.R3>(slice(table, [0, 0], [count, dim]), [1, count, dim]);
}
