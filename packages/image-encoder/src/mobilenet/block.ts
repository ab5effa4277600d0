import { add, mean, mul, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, type Key, type Params } from '@crossweave/core';
import { conv2d, dropPath, normalInit, relu } from '@crossweave/core/nn';
import {
  initNormedConvolution,
  normedConvolution,
  type NormedConvolution,
  type Pass,
} from '../normed-convolution';
import { convolutionActivations, hardSigmoid } from './activations';
import type { InvertedResidual } from './options';

interface Squeeze {
  readonly path: string;
  readonly channels: number;
  /** Hidden channels: about a quarter of the channels, rounded to a multiple of 8. */
  readonly squeezed: number;
}

export interface Block {
  readonly path: string;
  /** The convolutions; each is followed by an activation. */
  readonly convolutions: readonly NormedConvolution[];
  readonly squeeze: Squeeze | undefined;
  readonly projection: NormedConvolution;
  readonly activation: InvertedResidual['activation'];
  /** Whether the block adds its input, which then has the shape of the output. */
  readonly residual: boolean;
}

/**
 * torchvision's `InvertedResidual` of MobileNetV3 at `path` (`features.3`) with `channels` input
 * channels.
 */
export function planBlock(path: string, channels: number, block: InvertedResidual): Block {
  const { kernel, expanded, out, squeeze, activation, stride } = block;
  let index = 0;
  const convolution = (
    shape: Pick<NormedConvolution, 'in' | 'out' | 'kernel' | 'stride' | 'depthwise'>,
  ): NormedConvolution => {
    const at = `${path}.block.${index++}`;
    return { conv: `${at}.0`, norm: `${at}.1`, ...shape };
  };
  const convolutions: NormedConvolution[] = [];
  if (expanded !== channels) {
    convolutions.push(convolution({ in: channels, out: expanded, kernel: 1, stride: 1 }));
  }
  convolutions.push(convolution({ in: expanded, out: expanded, kernel, stride, depthwise: true }));
  const squeezeAt: Squeeze | undefined = squeeze
    ? { path: `${path}.block.${index++}`, channels: expanded, squeezed: eighths(expanded / 4) }
    : undefined;
  return {
    path,
    convolutions,
    squeeze: squeezeAt,
    projection: convolution({ in: expanded, out, kernel: 1, stride: 1 }),
    activation,
    residual: stride === 1 && channels === out,
  };
}

/**
 * The nearest multiple of 8 that is at least 8 and at least 0.9 · `width`: torchvision's
 * `_make_divisible`.
 */
function eighths(width: number): number {
  const nearest = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return nearest < 0.9 * width ? nearest + 8 : nearest;
}

/** Kaiming normal with fan out, as in torchvision; biases are 0. */
export function initBlock(key: Key, block: Block): Params {
  const { convolutions, squeeze, projection } = block;
  return mergeParams(
    ...[...convolutions, projection].map((layer) => initNormedConvolution(key, layer)),
    squeeze ? initSqueeze(key, squeeze) : {},
  );
}

function initSqueeze(key: Key, { path, channels, squeezed }: Squeeze): Params {
  const layer = (name: string, into: number, out: number): Params => {
    const weight = `${path}.${name}.weight`;
    const deviation = Math.sqrt(2 / out);
    return {
      [weight]: normalInit(foldIn(key, weight), [out, into, 1, 1], deviation),
      [`${path}.${name}.bias`]: zeros([out]),
    };
  };
  return { ...layer('fc1', channels, squeezed), ...layer('fc2', squeezed, channels) };
}

/**
 * [B, H, W, in] → [B, ⌈H / stride⌉, ⌈W / stride⌉, out]; `rate` is the drop rate of stochastic
 * depth.
 */
export function applyBlock(
  params: Params,
  block: Block,
  x: Tensor4D,
  rate: number,
  pass: Pass,
): Tensor4D {
  const activate = convolutionActivations[block.activation];
  let value = x;
  for (const layer of block.convolutions) {
    value = activate(normedConvolution(params, layer, value, pass));
  }
  if (block.squeeze) value = weighChannels(params, block.squeeze, value);
  value = normedConvolution(params, block.projection, value, pass);
  return block.residual ? add<Tensor4D>(x, dropPath(value, rate, pass.ctx, block.path)) : value;
}

/** Multiplies each channel by a weight that depends on the means of all channels. */
function weighChannels(params: Params, { path }: Squeeze, x: Tensor4D): Tensor4D {
  const means = mean<Tensor4D>(x, [1, 2], true);
  const squeezed = relu(conv2d(params, `${path}.fc1`, means));
  return mul(x, hardSigmoid(conv2d(params, `${path}.fc2`, squeezed)));
}
