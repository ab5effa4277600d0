import type { TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { channelsFirst, channelsLast, transpose } from './channels';
import type { ConvAttributes } from './conv';
import { convInfoOf } from './conv';
import { binary, filled } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { transposedConv } from './transposed-conv';
import { activate } from './activations';
import { slice } from './slice';
import { windowOf } from './window';

/** filter [kh, kw, C, M] in ONNX's layout for C groups: [C·M, 1, kh, kw] */
function weightsOf(b: KernelContext, filter: Node): Node {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  return b.reshape(transpose(b, filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

/** x [B, C, H, W] to [B, C·M, H', W'] */
function depthwise(b: KernelContext, x: Node, filter: Node, info: backend_util.Conv2DInfo): Node {
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
  if (x.size * filter.size === 0) return filled(b, 0, shape);
  const attributes = { ...windowOf(info).attributes, group: info.inChannels };
  return b.op('Conv', [x, weightsOf(b, filter)], shape, 'float32', attributes);
}

/**
 * The gradient for the filter [kh, kw, C, M], as one convolution: images become channels, each
 * channel of x becomes a group with dy as its filter, and strides and dilations are swapped.
 */
function filterGradient(b: KernelContext, x: Node, dy: Node, info: backend_util.Conv2DInfo): Node {
  const { batchSize, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const { kernel: filter, strides, dilations, pads } = windowOf(info);
  const images = b.reshape(transpose(b, x, [1, 0, 2, 3]), [
    1,
    inChannels * batchSize,
    inHeight,
    inWidth,
  ]);
  const weights = transpose(b, dy, [1, 0, 2, 3]);
  // After the last window there may be pixels that the strides leave out.
  const [top, left, bottom, right] = pads;
  const places = (length: number, near: number, far: number, out: number, i: 0 | 1): number =>
    Math.floor((length + near + far - (out - 1) * strides[i] - 1) / dilations[i]) + 1;
  const shape = [
    1,
    outChannels,
    places(inHeight, top, bottom, outHeight, 0),
    places(inWidth, left, right, outWidth, 1),
  ];
  const attributes = {
    kernel_shape: [outHeight, outWidth],
    strides: dilations,
    dilations: strides,
    pads,
    group: inChannels,
  };
  const all = b.op('Conv', [images, weights], shape, 'float32', attributes);
  const [height, width] = filter;
  const kept = slice(b, all, [0, 0, 0, 0], [1, outChannels, height, width]);
  const multiplier = outChannels / inChannels;
  const parts = b.reshape(kept, [inChannels, multiplier, height, width]);
  return transpose(b, parts, [2, 3, 0, 1]);
}

export const depthwiseKernels = {
  DepthwiseConv2dNative: kernel<{ x: TensorInfo; filter: TensorInfo }, ConvAttributes>(
    (b, { x, filter }, attributes) => {
      const info = convInfoOf(x.shape, filter.shape, attributes, true);
      const result = depthwise(b, channelsFirst(b, b.node(x)), b.node(filter), info);
      return b.output(channelsLast(b, result));
    },
  ),
  DepthwiseConv2dNativeBackpropInput: kernel<
    { dy: TensorInfo; filter: TensorInfo },
    ConvAttributes & { inputShape: number[] }
  >((b, { dy, filter }, attributes) => {
    const info = convInfoOf(attributes.inputShape, filter.shape, attributes, true);
    if (sizeOf(dy.shape) * sizeOf(filter.shape) === 0) {
      return b.filled(0, attributes.inputShape, 'float32');
    }
    const shape = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
    const weights = weightsOf(b, b.node(filter));
    const gradient = channelsFirst(b, b.node(dy));
    const result = transposedConv(b, gradient, weights, windowOf(info), shape, info.inChannels);
    return b.output(channelsLast(b, result));
  }),
  DepthwiseConv2dNativeBackpropFilter: kernel<
    { x: TensorInfo; dy: TensorInfo },
    ConvAttributes & { filterShape: number[] }
  >((b, { x, dy }, attributes) => {
    const info = convInfoOf(x.shape, attributes.filterShape, attributes, true);
    const { filterShape } = attributes;
    if (sizeOf(dy.shape) * sizeOf(x.shape) * sizeOf(filterShape) === 0) {
      return b.filled(0, filterShape, 'float32');
    }
    const [images, gradient] = [channelsFirst(b, b.node(x)), channelsFirst(b, b.node(dy))];
    return b.output(filterGradient(b, images, gradient, info));
  }),
  FusedDepthwiseConv2D: kernel<
    {
      x: TensorInfo;
      filter: TensorInfo;
      bias?: TensorInfo | null;
      preluActivationWeights?: TensorInfo | null;
    },
    ConvAttributes & { activation?: string | null; leakyreluAlpha?: number }
  >((b, inputs, attributes) => {
    const { x, filter, bias, preluActivationWeights: slope } = inputs;
    const { activation, leakyreluAlpha } = attributes;
    const info = convInfoOf(x.shape, filter.shape, attributes, true);
    const given = (input?: TensorInfo | null): Node | undefined =>
      input === undefined || input === null ? undefined : channelsFirst(b, b.node(input));
    let result = depthwise(b, channelsFirst(b, b.node(x)), b.node(filter), info);
    const offset = given(bias);
    if (offset !== undefined) result = binary(b, 'Add', result, offset);
    if (activation !== undefined && activation !== null) {
      result = activate(b, result, activation, given(slope), leakyreluAlpha);
    }
    return b.output(channelsLast(b, result));
  }),
} satisfies Record<string, Kernel>;
