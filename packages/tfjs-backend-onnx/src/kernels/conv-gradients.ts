import type { TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { transpose } from './channels';
import type { ConvAttributes } from './conv';
import { convInfoOf, imagesIn, imagesOut } from './conv';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { concat } from './concat';
import { pad } from './pad';
import { slice } from './slice';
import { matMul } from './matmul';
import { transposedConv } from './transposed-conv';
import { shifted, windowOf } from './window';

/** With fewer pixels than this, one product over all images is faster than one per image. */
const SHORT = 400;
/** With fewer input channels than this, one product serves all places of the filter. */
const FEW_CHANNELS = 16;

/** The gradient for x [B, C, H, W]; without strides it is a convolution with rotated filters. */
function inputGradient(
  b: KernelContext,
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
  if (exact && turned[0] >= Math.max(top, bottom) && turned[1] >= Math.max(left, right)) {
    return b.op('Conv', [dy, turnedFilter(b, filter)], shape, 'float32', {
      kernel_shape: [height, width],
      pads: [turned[0] - top, turned[1] - left, turned[0] - bottom, turned[1] - right],
      dilations: [down, across],
    });
  }
  return transposedConv(b, dy, transpose(b, filter, [3, 2, 0, 1]), window, shape, 1);
}

/** filter [kh, kw, C, O] as the weights [C, O, kh, kw] of the gradient, rotated by 180 degrees. */
function turnedFilter(b: KernelContext, filter: Node): Node {
  const [height, width, into, out] = filter.shape as [number, number, number, number];
  const places = height * width;
  if (places === 1) return transpose(b, filter, [2, 3, 0, 1]);
  // A product with the exchange matrix reverses the places; slices with negative steps would run on
  // one thread.
  const exchange = new Float32Array(places * places);
  for (let i = 0; i < places; i++) exchange[(i + 1) * (places - 1)] = 1;
  const rows = b.reshape(transpose(b, filter, [2, 0, 1, 3]), [into, places, out]);
  const reversal = b.constant(exchange, [places, places], 'float32');
  return b.reshape(matMul(b, rows, reversal, true, false), [into, out, height, width]);
}

/** The gradient for the filter [kh, kw, C, O], from x [B, C, H, W] and dy [B, O, H', W']. */
function filterGradient(b: KernelContext, x: Node, dy: Node, info: backend_util.Conv2DInfo): Node {
  const { inChannels, outChannels, filterHeight, filterWidth, batchSize } = info;
  const together = batchSize === 1 || info.outHeight * info.outWidth < SHORT;
  const arrange = (node: Node): Node => (together ? transpose(b, node, [1, 0, 2, 3]) : node);
  const [seenBy, gradient] = [arrange(x), arrange(dy)];
  const window = windowOf(info);
  const positions = [info.outHeight, info.outWidth] as const;
  if (filterHeight * filterWidth > 1 && inChannels < FEW_CHANNELS) {
    const places = concat(b, shifted(b, seenBy, window, positions), together ? 0 : 1);
    const product = pixelProduct(b, gradient, places, together);
    const shape = [outChannels, filterHeight, filterWidth, inChannels];
    return transpose(b, b.reshape(product, shape), [1, 2, 3, 0]);
  }
  const parts = seenPairs(b, seenBy, gradient, info).map(([seen, dySeen]) =>
    b.reshape(pixelProduct(b, dySeen, seen, together), [1, outChannels, inChannels]),
  );
  const shape = [filterHeight, filterWidth, outChannels, inChannels];
  return transpose(b, b.reshape(concat(b, parts, 0), shape), [0, 1, 3, 2]);
}

/**
 * a · bᵀ over all images and pixels, [M, N]. With `together` the operands are [M, B, H, W] and [N,
 * B, H, W], else [B, M, H, W] and [B, N, H, W], with one product per image.
 */
function pixelProduct(backend: KernelContext, a: Node, b: Node, together: boolean): Node {
  const flat = (node: Node): Node => {
    const [first, second, height, width] = node.shape as [number, number, number, number];
    const pixels = height * width;
    return backend.reshape(node, together ? [first, second * pixels] : [first, second, pixels]);
  };
  const each = matMul(backend, flat(a), flat(b), false, true);
  if (together) return each;
  return backend.op('ReduceSum', [each], each.shape.slice(1), 'float32', { keepdims: 0 }, [[0]]);
}

/**
 * For each place in the filter, row by row: the elements of x that it covers, and dy. For large
 * images without strides, x is shifted only along its rows and dy along the columns. This takes kh
 * + kw copies instead of kw + kh · kw, at the price of products over kh - 1 rows of padding.
 */
function seenPairs(
  b: KernelContext,
  x: Node,
  dy: Node,
  info: backend_util.Conv2DInfo,
): (readonly [Node, Node])[] {
  const window = windowOf(info);
  const { outHeight, outWidth, inHeight, inWidth, filterHeight, filterWidth } = info;
  const plain = [...window.strides, ...window.dilations].every((value) => value === 1);
  if (!plain || filterHeight * filterWidth === 1 || outHeight * outWidth < SHORT) {
    return shifted(b, x, window, [outHeight, outWidth]).map((seen) => [seen, dy] as const);
  }
  const [top, left] = window.pads;
  const height = outHeight + filterHeight - 1;
  const none = [0, 0] as const;
  const rows = [top, height - inHeight - top] as const;
  const across = Array.from({ length: filterWidth }, (_, j) =>
    pad(b, x, [none, none, rows, [left - j, outWidth + j - left - inWidth]], 0),
  );
  const down = Array.from({ length: filterHeight }, (_, i) =>
    pad(b, dy, [none, none, [i, height - outHeight - i], none], 0),
  );
  return down.flatMap((gradient) => across.map((seen) => [seen, gradient] as const));
}

const zeros = (b: KernelContext, shape: readonly number[]): TensorInfo =>
  b.filled(0, shape, 'float32');

export const convGradientKernels = {
  Conv2DBackpropInput: kernel<
    { dy: TensorInfo; filter: TensorInfo },
    ConvAttributes & { inputShape: number[] }
  >((b, { dy, filter }, attributes) => {
    const info = convInfoOf(attributes.inputShape, filter.shape, attributes);
    if (sizeOf(dy.shape) * sizeOf(filter.shape) === 0) return zeros(b, attributes.inputShape);
    const { dataFormat } = attributes;
    const gradient = imagesIn(b, dy, dataFormat);
    // Elements outside of the convolution's output are left out, as on tfjs's cpu backend.
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
    const { filterShape } = attributes;
    if (sizeOf(dy.shape) * sizeOf(x.shape) * sizeOf(filterShape) === 0) {
      return zeros(b, filterShape);
    }
    const { dataFormat } = attributes;
    return b.output(
      filterGradient(b, imagesIn(b, x, dataFormat), imagesIn(b, dy, dataFormat), info),
    );
  }),
} satisfies Record<string, Kernel>;
