import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
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

/** [to, from]: how much each old pixel counts in each new one, as tfjs's cpu backend has it. */
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

const nearest: Weights = (from, to, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(from, to, alignCorners);
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = halfPixelCenters ? scale * (i + 0.5) : scale * i;
    const pick = Math.min(from - 1, alignCorners ? Math.round(at) : Math.floor(at));
    weights[i * from + Math.max(0, pick)] = 1;
  }
  return weights;
};

/** x [B, H, W, C] times rows [H', H] and columns [W', W]; their transposes give the gradient. */
function resize(
  b: OnnxBackend,
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

const forward = (weights: Weights): Kernel =>
  kernel<{ images: TensorInfo }, ResizeAttributes & { size: [number, number] }>(
    (b, { images }, attributes) => {
      const { size } = attributes;
      const [, height, width] = images.shape as [number, number, number, number];
      const rows = b.constant(weights(height, size[0], attributes), [size[0], height], 'float32');
      const columns = b.constant(weights(width, size[1], attributes), [size[1], width], 'float32');
      const x = b.cast(b.node(images), 'float32');
      const resized = resize(b, x, rows, columns, size, false);
      return b.output(weights === nearest ? b.cast(resized, b.node(images).dtype) : resized);
    },
  );

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
  ResizeBilinear: forward(bilinear),
  ResizeBilinearGrad: backward(bilinear),
  ResizeNearestNeighbor: forward(nearest),
  ResizeNearestNeighborGrad: backward(nearest),
} satisfies Record<string, Kernel>;
