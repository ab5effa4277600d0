import type { backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { transpose } from './channels';

/** The window of a convolution or pool over [B, D, H, W, C], with ONNX's parameters. */
export interface VolumeWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after the three dimensions. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The three sizes of the input and of the output. */
  readonly inside: readonly number[];
  readonly outside: readonly number[];
}

export function volumeWindow(info: backend_util.Conv3DInfo): VolumeWindow {
  const kernel = [info.filterDepth, info.filterHeight, info.filterWidth];
  const strides = [info.strideDepth, info.strideHeight, info.strideWidth];
  const dilations = [info.dilationDepth, info.dilationHeight, info.dilationWidth];
  const { front, top, left } = info.padInfo;
  // tfjs-core gives -1 if strides are larger than the window; TensorFlow then starts at 0.
  const before = [front, top, left].map((padding) => Math.max(0, padding));
  const inside = [info.inDepth, info.inHeight, info.inWidth];
  const outside = [info.outDepth, info.outHeight, info.outWidth];
  // The padding at the end follows from the size of the output, however that was rounded.
  const after = [0, 1, 2].map((i) => {
    const reach = (outside[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
    return Math.max(0, reach - inside[i]! - before[i]!);
  });
  return { kernel, strides, dilations, before, after, inside, outside };
}

/** The attributes of an ONNX convolution or pool. */
export function windowAttributes({ kernel, strides, dilations, before, after }: VolumeWindow) {
  return { kernel_shape: kernel, strides, dilations, pads: [...before, ...after] };
}

export const volumeFirst = (b: KernelContext, x: Node): Node => transpose(b, x, [0, 4, 1, 2, 3]);
export const volumeLast = (b: KernelContext, x: Node): Node => transpose(b, x, [0, 2, 3, 4, 1]);

/**
 * The transpose of a convolution: x [B, I, ...outside] with weights [I, O / group, ...kernel] to
 * [B, O, ...inside]. Elements at the end of the input that the strides left out become zeros.
 */
export function spreadBack(
  b: KernelContext,
  x: Node,
  weights: Node,
  window: VolumeWindow,
  group: number,
): Node {
  const { kernel, strides, dilations, before, after, inside, outside } = window;
  const rest = inside.map((size, i) => {
    const reach = (outside[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1;
    return size - (reach - before[i]! - after[i]!);
  });
  const shape = [x.shape[0]!, weights.shape[1]! * group, ...inside];
  return b.op('ConvTranspose', [x, weights], shape, 'float32', {
    ...windowAttributes(window),
    output_padding: rest,
    group,
  });
}
