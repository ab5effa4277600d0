import { add, concat, reshape, tile, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, parameter, type Context, type Key, type Params } from '@crossweave/core';
import { dropout, normalInit } from '@crossweave/core/nn';
import { heightAndWidth, type ImageSize } from '../image-size';
import type { TransformerDeviations, TransformerNames, TransformerSettings } from './names';
import { dropPatches } from './patch-dropout';
import { embedPatches } from './patches';
import { resizePositions, type Grid } from './positions';

/** Rows and columns of patches in pictures of a size. */
export function gridOf(size: ImageSize, patchSize: number): Grid {
  const [height, width] = heightAndWidth(size);
  return [height / patchSize, width / patchSize];
}

export function initEmbeddings(
  key: Key,
  names: TransformerNames['embeddings'],
  { dim, patchSize, positionSize }: TransformerSettings,
  deviations: TransformerDeviations,
): Params {
  const [rows, columns] = gridOf(positionSize, patchSize);
  const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
  const draw = (path: string, shape: number[], deviation: number): Params => ({
    [path]: normalInit(foldIn(key, path), shape, deviation),
  });
  return {
    ...(names.classToken !== undefined &&
      draw(names.classToken, [...ones(names.classAxes), dim], deviations.classToken)),
    ...draw(
      names.positions,
      [...ones(names.positionAxes), classTokens(names) + rows * columns, dim],
      deviations.positions,
    ),
    ...draw(`${names.projection}.weight`, [dim, 3, patchSize, patchSize], deviations.patches),
    ...(names.bias && { [`${names.projection}.bias`]: zeros([dim]) }),
  };
}

/** Tokens before the patches. */
export function classTokens(names: TransformerNames['embeddings']): 0 | 1 {
  return names.classToken === undefined ? 0 : 1;
}

/** [B, H, W, 3] → [B, 1 + h·w, D]: the class token, if any, and the patches, each at its position. */
export function embed(
  params: Params,
  names: TransformerNames['embeddings'],
  image: Tensor4D,
  { dim, patchSize, positionSize, dropout: rate, patchDropout }: TransformerSettings,
  ctx: Context,
): Tensor3D {
  const [batch, height, width] = image.shape;
  const patches = embedPatches(params, names.projection, image);
  const table: Tensor2D = reshape<Rank.R2>(parameter(params, names.positions), [-1, dim]);
  const positions = resizePositions(
    names.positions,
    table,
    gridOf(positionSize, patchSize),
    gridOf([height, width], patchSize),
    classTokens(names),
  );
  const first = names.classToken;
  const classToken = (path: string): Tensor3D =>
    tile(reshape<Rank.R3>(parameter(params, path), [1, 1, dim]), [batch, 1, 1]);
  const tokens = first === undefined ? patches : concat<Tensor3D>([classToken(first), patches], 1);
  const placed = add<Tensor3D>(tokens, reshape<Rank.R3>(positions, [1, -1, dim]));
  return dropPatches(
    dropout(placed, rate, ctx, 'embeddings'),
    patchDropout,
    ctx,
    classTokens(names),
  );
}
