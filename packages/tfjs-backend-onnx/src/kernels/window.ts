import type { backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { pad } from './pad';

type Pair = readonly [number, number];

/** A sliding window over the last two dimensions, with ONNX's parameters. */
export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly attributes: {
    readonly kernel_shape: Pair;
    readonly strides: Pair;
    readonly dilations: Pair;
    readonly pads: readonly number[];
  };
}

export function windowOf(info: backend_util.Conv2DInfo): Window {
  const kernel: Pair = [info.filterHeight, info.filterWidth];
  const strides: Pair = [info.strideHeight, info.strideWidth];
  const dilations: Pair = [info.dilationHeight, info.dilationWidth];
  const { top, left } = info.padInfo;
  // The padding at the end follows from the size of the output, however that was rounded.
  const far = (input: number, output: number, near: number, i: 0 | 1): number =>
    Math.max(0, (output - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - input - near);
  const bottom = far(info.inHeight, info.outHeight, top, 0);
  const right = far(info.inWidth, info.outWidth, left, 1);
  const pads = [top, left, bottom, right] as const;
  return {
    kernel,
    strides,
    dilations,
    pads,
    attributes: { kernel_shape: kernel, strides, dilations, pads },
  };
}

/**
 * For each place in the window, row by row: the elements of x [B, C, H, W] that it covers over all
 * positions.
 */
export function shifted(b: KernelContext, x: Node, window: Window, positions: Pair): Node[] {
  const { kernel, strides, dilations, pads } = window;
  const [top, left, bottom, right] = pads;
  const none = [0, 0] as const;
  const padded = pad(b, x, [none, none, [top, bottom], [left, right]], 0);
  // Columns first, since copying every second number is slow, and copying every second row is fast.
  const [height, width] = kernel;
  const columns = Array.from({ length: width }, (_, j) =>
    every(b, padded, 3, j * dilations[1], positions[1], strides[1]),
  );
  return Array.from({ length: height }, (_, i) =>
    columns.map((column) => every(b, column, 2, i * dilations[0], positions[0], strides[0])),
  ).flat();
}

/** `count` elements along an axis, starting at `start`, `stride` apart. */
function every(
  b: KernelContext,
  x: Node,
  axis: number,
  start: number,
  count: number,
  stride: number,
): Node {
  const end = start + (count - 1) * stride + 1;
  if (start === 0 && stride === 1 && end === x.shape[axis]) return x;
  const shape = x.shape.map((length, i) => (i === axis ? count : length));
  return b.op('Slice', [x], shape, x.dtype, null, [[start], [end], [axis], [stride]]);
}
