import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { channelsFirst, channelsLast, transpose } from './channels';
import type { Window } from './window';
import { shifted, windowOf } from './window';
import { binary } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { concat, pad, slice } from './layout';
import { matMul } from './matmul';
import { activate } from './unary';

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

/** Images enter and leave in the caller's format; inside all is [B, C, H, W]. */
export const imagesIn = (b: OnnxBackend, x: TensorInfo, format?: string): Node =>
  format === 'NCHW' ? b.node(x) : channelsFirst(b, b.node(x));
export const imagesOut = (b: OnnxBackend, x: Node, format?: string): Node =>
  format === 'NCHW' ? x : channelsLast(b, x);

/** x [B, C, H, W], filter [kh, kw, C, O] to [B, O, H', W']. */
function conv2d(b: OnnxBackend, x: Node, filter: Node, info: backend_util.Conv2DInfo): Node {
  const window = windowOf(info);
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
  const weights = transpose(b, filter, [3, 2, 0, 1]);
  return b.op('Conv', [x, weights], shape, 'float32', { ...window.attributes });
}

/** The gradient for x: a convolution with turned filters, or a transposed one where strides are. */
function inputGradient(
  b: OnnxBackend,
  dy: Node,
  filter: Node,
  info: backend_util.Conv2DInfo,
): Node {
  const window = windowOf(info);
  const shape = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  const [height, width] = window.kernel;
  const [top, left, bottom, right] = window.pads;
  const [down, across] = window.dilations;
  const turned = [(height - 1) * down, (width - 1) * across] as const;
  const exact =
    info.inHeight + top + bottom === info.outHeight + turned[0] &&
    info.inWidth + left + right === info.outWidth + turned[1];
  if (!exact || turned[0] < Math.max(top, bottom) || turned[1] < Math.max(left, right)) {
    return transposedConv(b, dy, transpose(b, filter, [3, 2, 0, 1]), window, shape, 1);
  }
  const flip = [
    [-1, -1],
    [-(2 ** 31), -(2 ** 31)],
    [0, 1],
    [-1, -1],
  ];
  const flipped =
    height * width === 1 ? filter : b.op('Slice', [filter], filter.shape, 'float32', null, flip);
  return b.op('Conv', [dy, transpose(b, flipped, [2, 3, 0, 1])], shape, 'float32', {
    kernel_shape: [height, width],
    pads: [turned[0] - top, turned[1] - left, turned[0] - bottom, turned[1] - right],
    dilations: [down, across],
  });
}

/** weights [in, out / group, kh, kw]; `shape` is that of the result. */
export function transposedConv(
  b: OnnxBackend,
  x: Node,
  weights: Node,
  window: Window,
  shape: readonly number[],
  group: number,
): Node {
  const { strides, kernel, dilations, pads } = window;
  // What strides left over at the far edges of the input got no gradient: it is filled by zeros.
  const rest = [0, 1].map((i) => {
    const reach = ((x.shape[2 + i] as number) - 1) * (strides[i] as number);
    const span = ((kernel[i] as number) - 1) * (dilations[i] as number) + 1;
    return (
      (shape[2 + i] as number) - (reach + span - (pads[i] as number) - (pads[2 + i] as number))
    );
  });
  return b.op('ConvTranspose', [x, weights], shape, 'float32', {
    ...window.attributes,
    pads: [
      pads[0],
      pads[1],
      pads[2] - Math.min(0, rest[0] as number),
      pads[3] - Math.min(0, rest[1] as number),
    ],
    output_padding: rest.map((value) => Math.max(0, value)),
    group,
  });
}

/**
 * The gradient for the filter [kh, kw, C, O]: one product of matrices per place in the filter,
 * of what the place sees of x with dy, each [B, channels, pixels].
 */
function filterGradient(b: OnnxBackend, x: Node, dy: Node, info: backend_util.Conv2DInfo): Node {
  const { inChannels, outChannels, filterHeight, filterWidth } = info;
  const flat = (node: Node): Node => {
    const [batch, channels, height, width] = node.shape as [number, number, number, number];
    return b.reshape(node, [batch, channels, height * width]);
  };
  const parts = seenPairs(b, x, dy, info).map(([seen, gradient]) => {
    const each = matMul(b, flat(seen), flat(gradient), false, true);
    const shape = [inChannels, outChannels];
    const sum = b.op('ReduceSum', [each], shape, 'float32', { keepdims: 0 }, [[0]]);
    return b.reshape(sum, [1, inChannels, outChannels]);
  });
  return b.reshape(concat(b, parts, 0), [filterHeight, filterWidth, inChannels, outChannels]);
}

/**
 * Per place in the filter, row by row: x as it sees it, and dy. Without strides, x is shifted
 * along its rows only and dy against it along the columns: kh + kw copies in place of kh · kw.
 */
function seenPairs(
  b: OnnxBackend,
  x: Node,
  dy: Node,
  info: backend_util.Conv2DInfo,
): (readonly [Node, Node])[] {
  const window = windowOf(info);
  const { outHeight, outWidth, inHeight, inWidth, filterHeight, filterWidth } = info;
  const plain = [...window.strides, ...window.dilations].every((value) => value === 1);
  if (!plain || filterHeight * filterWidth === 1) {
    return shifted(b, x, window, [outHeight, outWidth]).map((seen) => [seen, dy] as const);
  }
  const [top, left] = window.pads;
  const height = outHeight + filterHeight - 1;
  const rows = [top, height - inHeight - top] as const;
  const across = Array.from({ length: filterWidth }, (_, j) => {
    const columns = [left - j, outWidth + j - left - inWidth] as const;
    return pad(b, x, [[0, 0], [0, 0], rows, columns], 0);
  });
  const down = Array.from({ length: filterHeight }, (_, i) =>
    pad(
      b,
      dy,
      [
        [0, 0],
        [0, 0],
        [i, height - outHeight - i],
        [0, 0],
      ],
      0,
    ),
  );
  return down.flatMap((gradient) => across.map((seen) => [seen, gradient] as const));
}

const zeros = (b: OnnxBackend, shape: readonly number[]): TensorInfo =>
  b.splat(0, shape, 'float32');

export const convKernels = {
  Conv2D: kernel<{ x: TensorInfo; filter: TensorInfo }, ConvAttributes>(
    (b, { x, filter }, attributes) => {
      const info = convInfoOf(x.shape, filter.shape, attributes);
      const { dataFormat } = attributes;
      const result = conv2d(b, imagesIn(b, x, dataFormat), b.node(filter), info);
      return b.output(imagesOut(b, result, dataFormat));
    },
  ),
  Conv2DBackpropInput: kernel<
    { dy: TensorInfo; filter: TensorInfo },
    ConvAttributes & { inputShape: number[] }
  >((b, { dy, filter }, attributes) => {
    const info = convInfoOf(attributes.inputShape, filter.shape, attributes);
    if (sizeOf(dy.shape) === 0) return zeros(b, attributes.inputShape);
    const { dataFormat } = attributes;
    const gradient = imagesIn(b, dy, dataFormat);
    // What lies outside the convolution's output is left out, as on tfjs's cpu backend.
    const size = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
    const seen = slice(b, gradient, [0, 0, 0, 0], size);
    const result = inputGradient(b, seen, b.node(filter), info);
    return b.output(imagesOut(b, result, dataFormat));
  }),
  Conv2DBackpropFilter: kernel<
    { x: TensorInfo; dy: TensorInfo },
    ConvAttributes & { filterShape: number[] }
  >((b, { x, dy }, attributes) => {
    const info = convInfoOf(x.shape, attributes.filterShape, attributes);
    if (sizeOf(dy.shape) === 0) return zeros(b, attributes.filterShape);
    const { dataFormat } = attributes;
    return b.output(
      filterGradient(b, imagesIn(b, x, dataFormat), imagesIn(b, dy, dataFormat), info),
    );
  }),
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
