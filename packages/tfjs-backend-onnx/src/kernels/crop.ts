import type { TensorInfo } from '@tensorflow/tfjs-core';
import { channelsFirst, channelsLast } from './channels';
import { filled } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';

export const cropKernels = {
  CropAndResize: kernel<
    { image: TensorInfo; boxes: TensorInfo; boxInd: TensorInfo },
    {
      cropSize: [number, number];
      method: 'bilinear' | 'nearest';
      extrapolationValue: number;
    }
  >((b, { image, boxes, boxInd }, { cropSize, method, extrapolationValue }) => {
    const [batch, height, width, channels] = image.shape as [number, number, number, number];
    const shape = [boxes.shape[0] as number, channels, ...cropSize];
    if (batch > 0 && height * width === 0) {
      return b.output(channelsLast(b, filled(b, extrapolationValue, shape)));
    }
    const images = channelsFirst(b, b.cast(b.node(image), 'float32'));
    const size = b.constant(Int32Array.from(cropSize), [2], 'int32');
    const inputs = [images, b.node(boxes), b.cast(b.node(boxInd), 'int32'), size];
    const attributes = { mode: method, extrapolation_value: { f: extrapolationValue } };
    return b.output(channelsLast(b, b.op('CropAndResize', inputs, shape, 'float32', attributes)));
  }),
  FlipLeftRight: kernel<{ image: TensorInfo }>((b, { image }) => {
    const node = b.node(image);
    const backwards = [[-1], [-(2 ** 31)], [2], [-1]];
    return b.output(b.op('Slice', [node], node.shape, node.dtype, null, backwards));
  }),
} satisfies Record<string, Kernel>;
