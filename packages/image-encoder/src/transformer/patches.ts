import { reshape, tidy, transpose, type Rank, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { parameter, type Params } from '@crossweave/core';
import { linear } from '@crossweave/core/nn';

/**
 * A convolution whose kernel and stride are the patch size, as one matrix product: [B, H, W, C]
 * with weight [D, C, p, p] and optional bias [D] → [B, (H/p)·(W/p), D], row by row.
 */
export function embedPatches(params: Params, path: string, image: Tensor4D): Tensor3D {
  const weight = parameter<Tensor4D>(params, `${path}.weight`);
  const bias = params[`${path}.bias`];
  const [dim, channels, side] = weight.shape;
  const [batch, height, width] = image.shape;
  const [rows, columns] = [height / side, width / side];
  return tidy(() => {
    // [B·rows, p, columns, p·C] → [B·rows, columns, p, p·C]: the values of each patch become
    // contiguous.
    const strips = reshape<Rank.R4>(image, [batch * rows, side, columns, side * channels]);
    const patches = reshape<Rank.R3>(transpose(strips, [0, 2, 1, 3]), [
      batch,
      rows * columns,
      side * side * channels,
    ]);
    const flat = reshape(transpose(weight, [0, 2, 3, 1]), [dim, side * side * channels]);
    return linear({ 'p.weight': flat, ...(bias && { 'p.bias': bias }) }, 'p', patches);
  });
}
