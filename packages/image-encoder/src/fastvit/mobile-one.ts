import { add, mean, mul, reshape, sigmoid, stack, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, type Key, type Params } from '@crossweave/core';
import { batchNorm, conv2d, gelu, initBatchNorm, normalInit, relu } from '@crossweave/core/nn';
import {
  initNormedConvolution,
  normedConvolution,
  type NormedConvolution,
  type Pass,
} from '../normed-convolution';

/** Branches whose sum is weighted by squeeze and excitation and activated. */
export interface Branches {
  /** Path of a batch norm of the input itself. */
  readonly identity?: string;
  readonly convolutions: readonly NormedConvolution[];
  readonly squeeze?: Squeeze | undefined;
  readonly in: number;
  readonly out: number;
  /** Whether GELU follows. */
  readonly activate: boolean;
}

interface Squeeze {
  readonly path: string;
  readonly channels: number;
  readonly squeezed: number;
}

export interface MobileOneShape {
  readonly in: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly depthwise?: boolean;
  /** Hidden channels of squeeze and excitation. Default none. */
  readonly squeezed?: number;
  /** Default true. */
  readonly activate?: boolean;
  /** Default true: else the batch norm of the input is the only branch. */
  readonly convolves?: boolean;
}

/** timm's `MobileOneBlock` (Vasu et al. 2022), as it is trained: a k×k, a 1×1 and an empty branch. */
export function mobileOne(path: string, shape: MobileOneShape): Branches {
  const { kernel, stride = 1, depthwise = false, squeezed, convolves = true } = shape;
  const sizes = { in: shape.in, out: shape.out, stride, depthwise };
  const branch = (name: string, side: number): NormedConvolution => ({
    ...{ conv: `${path}.${name}.conv`, norm: `${path}.${name}.bn`, ...sizes, kernel: side },
  });
  return {
    ...(shape.in === shape.out && stride === 1 && { identity: `${path}.identity` }),
    convolutions: [
      ...(convolves ? [branch('conv_kxk.0', kernel)] : []),
      ...(convolves && kernel > 1 ? [branch('conv_scale', 1)] : []),
    ],
    ...(squeezed !== undefined && {
      squeeze: { path: `${path}.se`, channels: shape.out, squeezed },
    }),
    ...{ in: shape.in, out: shape.out, activate: shape.activate ?? true },
  };
}

/**
 * timm's `ReparamLargeKernelConv` (Ding et al. 2022): a 7×7 and a 3×3 convolution of each channel, which
 * halve the sides.
 */
export function largeKernel(path: string, from: number, out: number, squeeze: boolean): Branches {
  const sizes = { in: from, out, stride: 2, depthwise: true };
  const squeezed = 8 * Math.max(1, Math.floor((out / 4 + 4) / 8));
  return {
    convolutions: [
      { conv: `${path}.large_conv.conv`, norm: `${path}.large_conv.bn`, ...sizes, kernel: 7 },
      { conv: `${path}.small_conv.conv`, norm: `${path}.small_conv.bn`, ...sizes, kernel: 3 },
    ],
    squeeze: squeeze ? { path: `${path}.se`, channels: out, squeezed } : undefined,
    ...{ in: from, out, activate: true },
  };
}

/** A 1×1 convolution with bias. */
export function initPointwise(
  key: Key,
  path: string,
  from: number,
  out: number,
  deviation: number,
): Params {
  return {
    [`${path}.weight`]: normalInit(foldIn(key, path), [out, from, 1, 1], deviation),
    [`${path}.bias`]: zeros([out]),
  };
}

export function initBranches(key: Key, { identity, convolutions, squeeze, out }: Branches): Params {
  const layer = (path: string, from: number, to: number): Params =>
    initPointwise(key, path, from, to, Math.sqrt(2 / to));
  return mergeParams(
    identity === undefined ? {} : initBatchNorm(identity, out),
    ...convolutions.map((each) => initNormedConvolution(key, each)),
    squeeze === undefined
      ? {}
      : mergeParams(
          layer(`${squeeze.path}.fc1`, squeeze.channels, squeeze.squeezed),
          layer(`${squeeze.path}.fc2`, squeeze.squeezed, squeeze.channels),
        ),
  );
}

/** [B, H, W, in] → [B, ⌈H / stride⌉, ⌈W / stride⌉, out]. */
export function applyBranches(
  params: Params,
  { identity, convolutions, squeeze, out, activate }: Branches,
  x: Tensor4D,
  pass: Pass,
): Tensor4D {
  const { ctx, ...norms } = pass;
  const branches = convolutions.map((layer) => {
    const input = layer.depthwise === true ? widened(x, out) : x;
    return normedConvolution(params, layer, input, pass);
  });
  if (identity !== undefined) branches.push(batchNorm(params, identity, x, ctx, norms));
  let sum = branches.reduce((a, b) => add<Tensor4D>(a, b));
  if (squeeze !== undefined) {
    const means = mean<Tensor4D>(sum, [1, 2], true);
    const squeezed = relu(conv2d(params, `${squeeze.path}.fc1`, means));
    sum = mul(sum, sigmoid(conv2d(params, `${squeeze.path}.fc2`, squeezed)));
  }
  return activate ? gelu(sum) : sum;
}

/** Each channel so often as a convolution in groups makes channels of it: [B, H, W, C] → [B, H, W, out]. */
function widened(x: Tensor4D, out: number): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (out === channels) return x;
  // `tile` has no gradient in five dimensions.
  const each = stack(new Array<Tensor4D>(out / channels).fill(x), 4);
  return reshape<Rank.R4>(each, [batch, height, width, out]);
}
