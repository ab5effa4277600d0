import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../graph/types';
import { transpose } from './channels';
import { filled } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';
import { slice } from './slice';
import { spreadBack, volumeFirst, volumeLast, volumeWindow, windowAttributes } from './volume';

type Triple = number | [number, number, number];

interface Conv3DAttributes {
  readonly strides: Triple;
  readonly pad: 'valid' | 'same';
  readonly dilations?: Triple;
}

function infoOf(
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations = 1 }: Conv3DAttributes,
): backend_util.Conv3DInfo {
  type Shape = [number, number, number, number, number];
  return backend_util.computeConv3DInfo(input as Shape, filter as Shape, strides, dilations, pad);
}

/** x [B, D, H, W, C], filter [kd, kh, kw, C, O] */
export const conv3dKernels = {
  Conv3D: kernel<{ x: TensorInfo; filter: TensorInfo }, Conv3DAttributes>(
    (b, { x, filter }, attributes) => {
      const info = infoOf(x.shape, filter.shape, attributes);
      const window = volumeWindow(info);
      const shape = [info.batchSize, info.outChannels, ...window.outside];
      if (sizeOf(x.shape) * sizeOf(filter.shape) === 0) {
        return b.output(volumeLast(b, filled(b, 0, shape)));
      }
      const weights = transpose(b, b.node(filter), [4, 3, 0, 1, 2]);
      const inputs = [volumeFirst(b, b.node(x)), weights];
      return b.output(
        volumeLast(b, b.op('Conv', inputs, shape, 'float32', windowAttributes(window))),
      );
    },
  ),
  Conv3DBackpropInputV2: kernel<
    { dy: TensorInfo; filter: TensorInfo },
    Conv3DAttributes & { inputShape: number[] }
  >((b, { dy, filter }, attributes) => {
    if (sizeOf(dy.shape) * sizeOf(filter.shape) === 0) {
      return b.filled(0, attributes.inputShape, 'float32');
    }
    const window = volumeWindow(infoOf(attributes.inputShape, filter.shape, attributes));
    const weights = transpose(b, b.node(filter), [4, 3, 0, 1, 2]);
    const result = spreadBack(b, volumeFirst(b, b.node(dy)), weights, window, 1);
    return b.output(volumeLast(b, result));
  }),
  /**
   * Computed as one convolution with images and channels swapped, and strides and dilations
   * swapped.
   */
  Conv3DBackpropFilterV2: kernel<
    { x: TensorInfo; dy: TensorInfo },
    Conv3DAttributes & { filterShape: number[] }
  >((b, { x, dy }, attributes) => {
    const { filterShape } = attributes;
    if (sizeOf(dy.shape) * sizeOf(x.shape) * sizeOf(filterShape) === 0) {
      return b.filled(0, filterShape, 'float32');
    }
    const info = infoOf(x.shape, attributes.filterShape, attributes);
    const { kernel: size, strides, dilations, before, after, inside, outside } = volumeWindow(info);
    const swapped = [4, 0, 1, 2, 3];
    const inputs = [transpose(b, b.node(x), swapped), transpose(b, b.node(dy), swapped)];
    const seen = inside.map((length, i) => {
      const reach = (outside[i]! - 1) * strides[i]! + 1;
      return Math.floor((length + before[i]! + after[i]! - reach) / dilations[i]!) + 1;
    });
    const channels = [info.inChannels, info.outChannels];
    const all = b.op('Conv', inputs, [...channels, ...seen], 'float32', {
      kernel_shape: outside,
      strides: dilations,
      dilations: strides,
      pads: [...before, ...after],
    });
    const filter = slice(b, all, [0, 0, 0, 0, 0], [...channels, ...size]);
    return b.output(transpose(b, filter, [2, 3, 4, 0, 1]));
  }),
} satisfies Record<string, Kernel>;
