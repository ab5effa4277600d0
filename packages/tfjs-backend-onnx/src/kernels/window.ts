import type { backend_util } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import { pad } from './layout';

type Pair = readonly [number, number];

/** A sliding window over the last two dimensions, as ONNX describes it. */
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
  // The far padding follows from the output's size, whatever rounding gave that size.
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

/** For each place in the window, row by row: what it sees of x [B, C, H, W] over all positions. */
export function shifted(b: OnnxBackend, x: Node, window: Window, positions: Pair): Node[] {
  const { kernel, strides, dilations, pads } = window;
  const [top, left, bottom, right] = pads;
  const padding = [
    [0, 0],
    [0, 0],
    [top, bottom],
    [left, right],
  ] as const;
  const padded = pad(b, x, padding, 0);
  const shape = [x.shape[0] as number, x.shape[1] as number, ...positions];
  const parts: Node[] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const starts = [i * dilations[0], j * dilations[1]];
      const ends = starts.map(
        (start, k) => start + ((positions[k] as number) - 1) * (strides[k] as number) + 1,
      );
      const whole = ends.every(
        (end, k) => starts[k] === 0 && strides[k] === 1 && end === padded.shape[2 + k],
      );
      parts.push(
        whole
          ? padded
          : b.op('Slice', [padded], shape, x.dtype, null, [starts, ends, [2, 3], strides]),
      );
    }
  }
  return parts;
}
