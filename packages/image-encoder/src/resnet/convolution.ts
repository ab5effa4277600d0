import type { Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, type Context, type Key, type Params } from '@crossweave/core';
import { batchNorm, conv2d, initBatchNorm, normalInit } from '@crossweave/core/nn';

/** A convolution without bias and the batch norm behind it. */
export interface NormedConvolution {
  /** Path of the convolution, which has `weight` alone. */
  readonly conv: string;
  /** Path of the batch norm. */
  readonly norm: string;
  readonly in: number;
  readonly out: number;
  /** Side of the kernel; the padding is (kernel − 1) / 2. */
  readonly kernel: number;
  readonly stride: number;
}

/** How the batch norms of a pass behave. */
export interface Pass {
  readonly ctx: Context;
  readonly frozen: boolean;
}

/** Kaiming normal by fan out, as torchvision; the batch norm's weight 1 and bias 0. */
export function initNormedConvolution(key: Key, layer: NormedConvolution): Params {
  const { in: channels, out, kernel } = layer;
  const path = `${layer.conv}.weight`;
  const deviation = Math.sqrt(2 / (out * kernel * kernel));
  return {
    [path]: normalInit(foldIn(key, path), [out, channels, kernel, kernel], deviation),
    ...initBatchNorm(layer.norm, out),
  };
}

/** [B, H, W, in] → [B, ⌈H / stride⌉, ⌈W / stride⌉, out]. */
export function normedConvolution(
  params: Params,
  layer: NormedConvolution,
  x: Tensor4D,
  { ctx, frozen }: Pass,
): Tensor4D {
  const { stride, kernel } = layer;
  const convolved = conv2d(params, layer.conv, x, { stride, padding: (kernel - 1) / 2 });
  return batchNorm(params, layer.norm, convolved, ctx, { frozen });
}
