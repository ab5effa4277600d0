import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { backend_util } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { channelsFirst, channelsLast, transpose } from './channels';
import type { ConvAttributes } from './conv';
import { convInfoOf } from './conv';
import { binary } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { concat } from './concat';
import { transposedConv } from './transposed-conv';
import { activate } from './activations';
import { shifted, windowOf } from './window';

/** filter [kh, kw, C, M] as ONNX has it for C groups: [C·M, 1, kh, kw] */
function weightsOf(b: OnnxBackend, filter: Node): Node {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  return b.reshape(transpose(b, filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

/** x [B, C, H, W] to [B, C·M, H', W'] */
function depthwise(b: OnnxBackend, x: Node, filter: Node, info: backend_util.Conv2DInfo): Node {
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
  const attributes = { ...windowOf(info).attributes, group: info.inChannels };
  return b.op('Conv', [x, weightsOf(b, filter)], shape, 'float32', attributes);
}

/** The gradient for the filter: per place in it, Σ over images and pixels of x · dy. */
function filterGradient(b: OnnxBackend, x: Node, dy: Node, info: backend_util.Conv2DInfo): Node {
  const { batchSize, inChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const multiplier = info.outChannels / inChannels;
  const pixels = outHeight * outWidth;
  const flat = b.reshape(dy, [batchSize, inChannels, multiplier, pixels]);
  const parts = shifted(b, x, windowOf(info), [outHeight, outWidth]).map((part) => {
    const seen = b.reshape(part, [batchSize, inChannels, 1, pixels]);
    const each = binary(b, 'Mul', flat, seen);
    const shape = [inChannels, multiplier];
    const sum = b.op('ReduceSum', [each], shape, 'float32', { keepdims: 0 }, [[0, 3]]);
    return b.reshape(sum, [1, inChannels, multiplier]);
  });
  return b.reshape(concat(b, parts, 0), [filterHeight, filterWidth, inChannels, multiplier]);
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
    if (sizeOf(dy.shape) === 0) return b.splat(0, attributes.inputShape, 'float32');
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
    if (sizeOf(dy.shape) === 0) return b.splat(0, attributes.filterShape, 'float32');
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
