import type { Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, type Context, type Key, type Params } from '@crossweave/core';
import {
  batchNorm,
  conv2d,
  depthwiseConv2d,
  initBatchNorm,
  normalInit,
  runLayer,
  type BatchNormOptions,
} from '@crossweave/core/nn';

/** A convolution without bias, followed by a batch norm. */
export interface NormedConvolution {
  /** Path of the convolution, whose only parameter is `weight`. */
  readonly conv: string;
  /** Path of the batch norm. */
  readonly norm: string;
  readonly in: number;
  readonly out: number;
  /** Side of the kernel; the padding is (kernel − 1) / 2. */
  readonly kernel: number;
  readonly stride: number;
  /**
   * Whether the convolution is depthwise: one filter for each channel (`in` = `out`). Default
   * false.
   */
  readonly depthwise?: boolean;
}

/** The context of a forward pass, and whether its batch norms use the stored statistics. */
export interface Pass extends BatchNormOptions {
  readonly ctx: Context;
}

/** Kaiming normal with fan out, as in torchvision; the batch norm has weight 1 and bias 0. */
export function initNormedConvolution(key: Key, layer: NormedConvolution): Params {
  const { in: channels, out, kernel, depthwise = false } = layer;
  const path = `${layer.conv}.weight`;
  const deviation = Math.sqrt(2 / (out * kernel * kernel));
  const shape: [number, number, number, number] = [out, depthwise ? 1 : channels, kernel, kernel];
  return {
    [path]: normalInit(foldIn(key, path), shape, deviation),
    ...initBatchNorm(layer.norm, out),
  };
}

/** [B, H, W, in] → [B, ⌈H / stride⌉, ⌈W / stride⌉, out]. */
export function normedConvolution(
  params: Params,
  layer: NormedConvolution,
  x: Tensor4D,
  { ctx, ...options }: Pass,
): Tensor4D {
  const { stride, kernel, depthwise = false } = layer;
  const convolve = depthwise ? depthwiseConv2d : conv2d;
  const convolved = convolve(params, layer.conv, x, { stride, padding: (kernel - 1) / 2 });
  return batchNorm(params, layer.norm, convolved, ctx, options);
}

/** `run` with the parameters below `path`, computed again in the backward pass if `ctx.recompute` is set. */
export function runConvolutional<P extends Pass>(
  params: Params,
  path: string | readonly string[],
  x: Tensor4D,
  pass: P,
  run: (params: Params, x: Tensor4D, pass: P) => Tensor4D,
): Tensor4D {
  return runLayer(
    (own, [input]: readonly [Tensor4D], ctx) => run(own, input, { ...pass, ctx }),
    params,
    path,
    [x],
    pass.ctx,
  );
}
