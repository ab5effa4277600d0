import { add, concat, reshape, slice, tile, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, parameter, type Context, type Key, type Params } from '@crossweave/core';
import { dropout, normalInit } from '@crossweave/core/nn';
import { heightAndWidth, type ImageSize } from '../image-size';
import type { TransformerDeviations, TransformerNames, TransformerSettings } from './names';
import { dropPatches } from './patch-dropout';
import { embedPatches } from './patches';
import { resizePositions, type Grid } from './positions';

/** Rows and columns of patches in pictures of the given size. */
export function gridOf(size: ImageSize, patchSize: number): Grid {
  const [height, width] = heightAndWidth(size);
  return [height / patchSize, width / patchSize];
}

export function initEmbeddings(
  key: Key,
  names: TransformerNames['embeddings'],
  { dim, patchSize, positionSize, registers = 0 }: TransformerSettings,
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
    ...(names.registers !== undefined &&
      registers > 0 &&
      draw(names.registers, [1, registers, dim], deviations.classToken)),
    ...(names.positions !== undefined &&
      draw(
        names.positions,
        [...ones(names.positionAxes), classTokens(names) + rows * columns, dim],
        deviations.positions,
      )),
    ...draw(`${names.projection}.weight`, [dim, 3, patchSize, patchSize], deviations.patches),
    ...(names.bias && { [`${names.projection}.bias`]: zeros([dim]) }),
  };
}

/** Number of class tokens before the patches. */
export function classTokens(names: TransformerNames['embeddings']): 0 | 1 {
  return names.classToken === undefined ? 0 : 1;
}

/** Tokens before the patches: the class token and the registers. */
export function leadingTokens(
  names: TransformerNames['embeddings'],
  { registers = 0 }: TransformerSettings,
): number {
  return classTokens(names) + (names.registers === undefined ? 0 : registers);
}

/**
 * [B, H, W, 3] → [B, 1 + R + h·w, D]: the class token (if there is one), the registers (if there are
 * any) and the patches. Learned positions are added to class token and patches.
 */
export function embed(
  params: Params,
  names: TransformerNames['embeddings'],
  image: Tensor4D,
  settings: TransformerSettings,
  ctx: Context,
): Tensor3D {
  const { dim, dropout: rate, patchDropout, registers = 0 } = settings;
  const [batch] = image.shape;
  const patches = embedPatches(params, names.projection, image);
  const first = names.classToken;
  const repeated = (path: string, count: number): Tensor3D =>
    tile(reshape<Rank.R3>(parameter(params, path), [1, count, dim]), [batch, 1, 1]);
  const tokens = first === undefined ? patches : concat<Tensor3D>([repeated(first, 1), patches], 1);
  const placed = place(params, names, tokens, image, settings);
  const extra = classTokens(names);
  const kept = dropPatches(dropout(placed, rate, ctx, 'embeddings'), patchDropout, ctx, extra);
  if (names.registers === undefined || registers === 0) return kept;
  const rest = kept.shape[1] - extra;
  return concat<Tensor3D>(
    [
      slice(kept, [0, 0, 0], [batch, extra, dim]),
      repeated(names.registers, registers),
      slice(kept, [0, extra, 0], [batch, rest, dim]),
    ],
    1,
  );
}

/** Adds the learned positions, resized to the picture's grid; [B, 1 + h·w, D] as it is without. */
function place(
  params: Params,
  names: TransformerNames['embeddings'],
  tokens: Tensor3D,
  image: Tensor4D,
  { dim, patchSize, positionSize, antialias }: TransformerSettings,
): Tensor3D {
  if (names.positions === undefined) return tokens;
  const [, height, width] = image.shape;
  const positions = resizePositions(
    names.positions,
    reshape<Rank.R2>(parameter(params, names.positions), [-1, dim]),
    gridOf(positionSize, patchSize),
    gridOf([height, width], patchSize),
    classTokens(names),
    antialias,
  );
  return add<Tensor3D>(tokens, reshape<Rank.R3>(positions, [1, -1, dim]));
}
