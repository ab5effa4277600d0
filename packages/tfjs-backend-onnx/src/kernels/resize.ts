import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { matMul } from './matmul';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

type Weights = (from: number, to: number, attributes: ResizeAttributes) => Float32Array;

function scaleOf(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

/** [to, from]: the weight of each old pixel in each new pixel, as in tfjs's cpu backend. */
const bilinear: Weights = (from, to, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(from, to, alignCorners);
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const low = Math.max(0, Math.floor(at));
    const share = at - low;
    const high = Math.min(from - 1, Math.ceil(at));
    weights[i * from + low] = (weights[i * from + low] ?? 0) + 1 - share;
    weights[i * from + high] = (weights[i * from + high] ?? 0) + share;
  }
  return weights;
};

/** For each of `to` new pixels, the index of its old pixel out of `from`. */
function picks(
  from: number,
  to: number,
  { alignCorners, halfPixelCenters }: ResizeAttributes,
): Int32Array {
  const scale = scaleOf(from, to, alignCorners);
  return Int32Array.from({ length: to }, (_, i) => {
    const at = halfPixelCenters ? scale * (i + 0.5) : scale * i;
    return Math.max(0, Math.min(from - 1, alignCorners ? Math.round(at) : Math.floor(at)));
  });
}

const nearest: Weights = (from, to, attributes) => {
  const weights = new Float32Array(to * from);
  picks(from, to, attributes).forEach((pick, i) => {
    weights[i * from + pick] = 1;
  });
  return weights;
};

/**
 * x [B, H, W, C] times rows [H', H] and columns [W', W]; the transposed matrices give the gradient.
 */
function resize(
  b: KernelContext,
  x: Node,
  rows: Node,
  columns: Node,
  size: readonly [number, number],
  transposed: boolean,
): Node {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const flat = b.reshape(x, [batch, height, width * channels]);
  const tall = matMul(b, rows, flat, transposed, false);
  const lines = b.reshape(tall, [batch * size[0], width, channels]);
  const wide = matMul(b, columns, lines, transposed, false);
  return b.reshape(wide, [batch, size[0], size[1], channels]);
}

type Forward = ResizeAttributes & { readonly size: readonly [number, number] };

/** The height and width of images; images without pixels are refused. */
function sizesOf({ shape }: TensorInfo, size: readonly number[]): readonly [number, number] {
  const [, height, width] = shape as [number, number, number, number];
  util.assert(
    height * width > 0 || sizeOf(size) === 0,
    () => `Images of ${height} by ${width} pixels cannot be resized to ${size.join(' by ')}.`,
  );
  return [height, width];
}

const resizeBilinear = kernel<{ images: TensorInfo }, Forward>((b, { images }, attributes) => {
  const { size } = attributes;
  const [height, width] = sizesOf(images, size);
  const rows = b.constant(bilinear(height, size[0], attributes), [size[0], height], 'float32');
  const columns = b.constant(bilinear(width, size[1], attributes), [size[1], width], 'float32');
  const x = b.cast(b.node(images), 'float32');
  return b.output(resize(b, x, rows, columns, size, false));
});

/** Copies pixels of any type and value. */
const resizeNearest = kernel<{ images: TensorInfo }, Forward>((b, { images }, attributes) => {
  const { size } = attributes;
  let node = b.node(images);
  sizesOf(images, size).forEach((length, i) => {
    const to = size[i] as number;
    const shape = node.shape.map((dim, axis) => (axis === i + 1 ? to : dim));
    const indices = b.constant(picks(length, to, attributes), [to], 'int32');
    node = b.op('Gather', [node, indices], shape, node.dtype, { axis: i + 1 });
  });
  return b.output(node);
});

const backward = (weights: Weights): Kernel =>
  kernel<{ images: TensorInfo; dy: TensorInfo }, { alignCorners: boolean }>(
    (b, { images, dy }, { alignCorners }) => {
      const attributes = { alignCorners, halfPixelCenters: false };
      const [, height, width] = images.shape as [number, number, number, number];
      const [, tall, wide] = dy.shape as [number, number, number, number];
      const rows = b.constant(weights(height, tall, attributes), [tall, height], 'float32');
      const columns = b.constant(weights(width, wide, attributes), [wide, width], 'float32');
      return b.output(resize(b, b.node(dy), rows, columns, [height, width], true));
    },
  );

export const resizeKernels = {
  ResizeBilinear: resizeBilinear,
  ResizeBilinearGrad: backward(bilinear),
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: backward(nearest),
} satisfies Record<string, Kernel>;
