import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sameShape, sizeOf } from '../graph/types';
import { channelsFirst, channelsLast } from './channels';
import { binary, castLikeJs, expand, filled, select, withScalar } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { pad } from './pad';
import { slice } from './slice';
import { transposedConv } from './transposed-conv';
import { windowOf } from './window';

export interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function poolInfo(
  shape: readonly number[],
  attributes: PoolAttributes,
): backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const input = shape as [number, number, number, number];
  refuseEmptyWindow(filterSize, strides);
  return backend_util.computePool2DInfo(input, filterSize, strides, 1, pad, dimRoundingMode);
}

export function refuseEmptyWindow(
  filterSize: number | readonly number[],
  strides: number | readonly number[],
): void {
  for (const size of [filterSize, strides].flat()) {
    util.assert(size > 0, () => `A pool needs windows and strides of at least 1, got ${size}.`);
  }
}

/** The type in which integers are pooled: float64 can express every int32. */
export const pooledType = (x: Node): 'float32' | 'float64' =>
  x.dtype === 'float32' ? 'float32' : 'float64';

export const outputShape = (info: backend_util.Conv2DInfo): number[] => [
  info.batchSize,
  info.outChannels,
  info.outHeight,
  info.outWidth,
];

const pooling = (op: PoolOperator): Kernel =>
  kernel<UnaryInput, PoolAttributes>((b, { x }, attributes) => {
    const info = poolInfo(x.shape, attributes);
    const { filterHeight, filterWidth, inShape, outShape } = info;
    const given = b.node(x);
    // As on every backend of tfjs, regardless of strides and padding.
    if (filterHeight * filterWidth === 1 && sameShape(inShape, outShape)) return b.output(given);
    const window = windowOf(info).attributes;
    const images = channelsFirst(b, b.cast(given, pooledType(given)));
    const pooled = pool(b, op, images, outputShape(info), window, () => shares(b, info));
    return b.output(castLikeJs(b, channelsLast(b, pooled), given.dtype));
  });

type PoolOperator = 'MaxPool' | 'AveragePool';

/**
 * The attributes of ONNX's pools; `pads` lists the padding before all dimensions, then after them.
 */
interface PoolWindow {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/**
 * Whether the padding is as wide as the window, which ONNX Runtime refuses. A Pad operator is used
 * then.
 */
function isWide({ kernel_shape: size, pads }: PoolWindow): boolean {
  return pads.some((width, i) => width >= (size[i % size.length] as number));
}

function padFor(b: KernelContext, x: Node, { pads }: PoolWindow, value: number): Node {
  const half = pads.length / 2;
  const around = pads.slice(0, half).map((before, i) => [before, pads[half + i]!] as const);
  return pad(b, x, [[0, 0], [0, 0], ...around], value);
}

const unpadded = (window: PoolWindow) => ({ ...window, pads: window.pads.map(() => 0) });

/**
 * Windows over x [B, C, ...] to `shape`. @param shares for each window, 1 / the number of elements
 * that it covers.
 */
export function pool(
  b: KernelContext,
  op: PoolOperator,
  x: Node,
  shape: readonly number[],
  window: PoolWindow,
  shares: () => Node,
): Node {
  if (op === 'MaxPool') return maxima(b, x, shape, window);
  if (!isWide(window)) return b.op(op, [x], shape, x.dtype, { ...window });
  // Converts the mean over whole windows to the mean over the elements that they cover. The product
  // comes before the pool because ONNX Runtime would otherwise merge the padding into the pool. Its
  // factor is doubled because ONNX Runtime removes a product with 1.
  const sums = withScalar(b, 'Mul', padFor(b, x, window, 0), 2 * sizeOf(window.kernel_shape));
  const pooled = b.op(op, [sums], shape, x.dtype, unpadded(window));
  return binary(b, 'Mul', withScalar(b, 'Mul', pooled, 0.5), shares());
}

/** The smallest finite float32. */
const LEAST = -3.4028234663852886e38;

function maxima(b: KernelContext, x: Node, shape: readonly number[], window: PoolWindow): Node {
  const pooled = isWide(window)
    ? b.op('MaxPool', [padFor(b, x, window, -Infinity)], shape, x.dtype, unpadded(window))
    : b.op('MaxPool', [x], shape, x.dtype, { ...window });
  if (x.dtype !== 'float32') return pooled;
  // ONNX Runtime starts with the smallest finite number, which remains if all elements are
  // -Infinity.
  const unmoved = withScalar(b, 'LessOrEqual', pooled, LEAST, 'bool');
  return select(b, unmoved, b.scalar(-Infinity), pooled);
}

/**
 * The gradient of a maximum over windows, for x [B, C, ...]: dy goes to the maximum, the first one
 * of equal maxima.
 */
export function scatterToMaxima(b: KernelContext, dy: Node, x: Node, window: PoolWindow): Node {
  if (dy.size === 0) return filled(b, 0, x.shape);
  if (isWide(window)) {
    const all = scatterToMaxima(b, dy, padFor(b, x, window, -Infinity), unpadded(window));
    return slice(b, all, [0, 0, ...window.pads], x.shape);
  }
  const shape = dy.shape;
  const pooled = b.op('MaxPool', [x], shape, 'float32', { ...window });
  const places = b.part(pooled, 1, 'int64');
  const size = sizeOf(x.shape);
  const inputs = [
    expand(b, b.scalar(0), [size]),
    b.reshape(places, [sizeOf(shape)]),
    b.reshape(dy, [sizeOf(shape)]),
  ];
  const attributes = { axis: 0, reduction: 'add' };
  return b.reshape(b.op('ScatterElements', inputs, [size], 'float32', attributes), x.shape);
}

/** For each position, 1 / the number of elements that its window covers (1 if none). */
function shares(b: KernelContext, info: backend_util.Conv2DInfo): Node {
  const { pads, kernel: size, strides } = windowOf(info);
  const seen = (i: 0 | 1, length: number, at: number): number => {
    const start = at * strides[i] - pads[i];
    return Math.max(1, Math.min(start + size[i], length) - Math.max(start, 0));
  };
  const { outHeight, outWidth, inHeight, inWidth } = info;
  const values = Float32Array.from(
    { length: outHeight * outWidth },
    (_, k) => 1 / (seen(0, inHeight, Math.floor(k / outWidth)) * seen(1, inWidth, k % outWidth)),
  );
  if (values.every((value) => value === values[0])) return b.scalar(values[0] as number);
  return b.constant(values, [1, 1, outHeight, outWidth], 'float32');
}

function averagePoolGradient(b: KernelContext, dy: Node, info: backend_util.Conv2DInfo): Node {
  const window = windowOf(info);
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const shape = [batchSize, inChannels, inHeight, inWidth];
  if (dy.size === 0) return filled(b, 0, shape);
  const share = binary(b, 'Mul', dy, shares(b, info));
  const [height, width] = window.kernel;
  if (
    height * outHeight === inHeight &&
    width * outWidth === inWidth &&
    window.strides[0] === height &&
    window.strides[1] === width
  ) {
    const spread = [batchSize, inChannels, outHeight, height, outWidth, width];
    const narrow = b.reshape(share, [batchSize, inChannels, outHeight, 1, outWidth, 1]);
    return b.reshape(expand(b, narrow, spread), shape);
  }
  const ones = expand(b, b.scalar(1), [inChannels, 1, height, width]);
  return transposedConv(b, share, ones, window, shape, inChannels);
}

export const poolKernels = {
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
  MaxPoolGrad: kernel<{ dy: TensorInfo; input: TensorInfo; output: TensorInfo }, PoolAttributes>(
    (b, { dy, input }, attributes) => {
      const window = windowOf(poolInfo(input.shape, attributes)).attributes;
      const [gradient, x] = [channelsFirst(b, b.node(dy)), channelsFirst(b, b.node(input))];
      return b.output(channelsLast(b, scatterToMaxima(b, gradient, x, window)));
    },
  ),
  AvgPoolGrad: kernel<{ dy: TensorInfo; input: TensorInfo }, PoolAttributes>(
    (b, { dy, input }, attributes) => {
      const info = poolInfo(input.shape, attributes);
      return b.output(channelsLast(b, averagePoolGradient(b, channelsFirst(b, b.node(dy)), info)));
    },
  ),
} satisfies Record<string, Kernel>;
