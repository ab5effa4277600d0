import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { channelsFirst, channelsLast, transpose } from './channels';
import { windowOf } from './window';
import { binary, filled } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { activate } from './activations';

export interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number] | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function convInfoOf(
  input: readonly number[],
  filter: readonly number[],
  attributes: ConvAttributes,
  depthwise = false,
): backend_util.Conv2DInfo {
  const { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode } = attributes;
  return backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
}

/** Images enter and leave in the caller's format; kernels compute in [B, C, H, W]. */
export const imagesIn = (b: KernelContext, x: TensorInfo, format?: string): Node =>
  format === 'NCHW' ? b.node(x) : channelsFirst(b, b.node(x));
export const imagesOut = (b: KernelContext, x: Node, format?: string): Node =>
  format === 'NCHW' ? x : channelsLast(b, x);

/** x [B, C, H, W], filter [kh, kw, C, O] to [B, O, H', W']. */
function conv2d(b: KernelContext, x: Node, filter: Node, info: backend_util.Conv2DInfo): Node {
  const window = windowOf(info);
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
  // A sum over no channels, or over windows without pixels, is 0.
  if (x.size * filter.size === 0) return filled(b, 0, shape);
  const weights = transpose(b, filter, [3, 2, 0, 1]);
  return b.op('Conv', [x, weights], shape, 'float32', { ...window.attributes });
}

export const convKernels = {
  Conv2D: kernel<{ x: TensorInfo; filter: TensorInfo }, ConvAttributes>(
    (b, { x, filter }, attributes) => {
      const info = convInfoOf(x.shape, filter.shape, attributes);
      const { dataFormat } = attributes;
      const result = conv2d(b, imagesIn(b, x, dataFormat), b.node(filter), info);
      return b.output(imagesOut(b, result, dataFormat));
    },
  ),
  FusedConv2D: kernel<
    {
      x: TensorInfo;
      filter: TensorInfo;
      bias?: TensorInfo | null;
      preluActivationWeights?: TensorInfo | null;
    },
    ConvAttributes & { activation?: string | null; leakyreluAlpha?: number }
  >((b, inputs, attributes) => {
    const { x, filter, bias, preluActivationWeights: slope } = inputs;
    const { dataFormat, activation, leakyreluAlpha } = attributes;
    const info = convInfoOf(x.shape, filter.shape, attributes);
    const perChannel = (info_: TensorInfo): Node => {
      const node = b.node(info_);
      if (dataFormat !== 'NCHW') return channelsFirst(b, node);
      return node.shape.length === 1 ? b.reshape(node, [sizeOf(node.shape), 1, 1]) : node;
    };
    let result = conv2d(b, imagesIn(b, x, dataFormat), b.node(filter), info);
    if (bias !== undefined && bias !== null) result = binary(b, 'Add', result, perChannel(bias));
    if (activation !== undefined && activation !== null) {
      const weights = slope === undefined || slope === null ? undefined : perChannel(slope);
      result = activate(b, result, activation, weights, leakyreluAlpha);
    }
    return b.output(imagesOut(b, result, dataFormat));
  }),
} satisfies Record<string, Kernel>;
