import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Params } from '@crossweave/core';
import { maxPool2d, relu } from '@crossweave/core/nn';
import { normedConvolution, type NormedConvolution, type Pass } from '../normed-convolution';

interface StemShape {
  readonly kernel: number;
  /** Default stride of the convolution. */
  readonly stride: number;
  /** Whether a 3×3 max pooling of stride 2 follows. */
  readonly pool: boolean;
}

/** torchvision's stem (`imagenet`), and the stem for small pictures (He et al. 2015, §4.2). */
export const stems = {
  imagenet: { kernel: 7, stride: 2, pool: true },
  small: { kernel: 3, stride: 1, pool: false },
} as const satisfies Record<string, StemShape>;

export type StemKind = keyof typeof stems;

export function stemLayer(kind: StemKind, width: number, stride: number): NormedConvolution {
  const { kernel } = stems[kind];
  return { conv: 'conv1', norm: 'bn1', in: 3, out: width, kernel, stride };
}

/** [B, H, W, 3] → [B, H', W', width]. */
export function applyStem(
  params: Params,
  kind: StemKind,
  layer: NormedConvolution,
  image: Tensor4D,
  pass: Pass,
): Tensor4D {
  const x = relu(normedConvolution(params, layer, image, pass));
  return stems[kind].pool ? maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }) : x;
}
