import { util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../graph/types';
import { channelsFirst, channelsLast } from './channels';
import { binary, castLikeJs, select, withScalar } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import type { PoolAttributes } from './pool';
import { outputShape, poolInfo, pooledType } from './pool';
import { windowOf } from './window';

export const poolArgmaxKernels = {
  /**
   * The maxima and their indices (h · W + w) · C + c, plus b · H · W · C with
   * `includeBatchInIndex`.
   */
  MaxPoolWithArgmax: kernel<UnaryInput, PoolAttributes & { includeBatchInIndex: boolean }>(
    (b, { x }, attributes) => {
      util.assert(
        x.shape.length === 4,
        () => `maxPoolWithArgmax: x must be of rank 4, got ${x.shape.length}.`,
      );
      const info = poolInfo(x.shape, attributes);
      const shape = outputShape(info);
      const node = b.node(x);
      const given = channelsFirst(b, b.cast(node, pooledType(node)));
      // A NaN is never the maximum.
      const nan = b.op('IsNaN', [given], given.shape, 'bool');
      const images = select(b, nan, b.scalar(-Infinity, given.dtype), given);
      const window = { ...windowOf(info).attributes };
      const maxima = b.op('MaxPool', [images], shape, images.dtype, window);
      const found = b.part(maxima, 1, 'int64');
      // ONNX's indices count in [B, C, H, W]: the pixel is the remainder of the index modulo H · W.
      const { inHeight, inWidth, inChannels: channels, batchSize } = info;
      const pixel = withScalar(b, 'Mod', b.cast(found, 'int32'), inHeight * inWidth);
      const range = (length: number, factor: number): Int32Array =>
        Int32Array.from({ length }, (_, i) => i * factor);
      const offsets = b.constant(range(channels, 1), [channels, 1, 1], 'int32');
      let places = binary(b, 'Add', withScalar(b, 'Mul', pixel, channels), offsets);
      if (attributes.includeBatchInIndex) {
        const starts = range(batchSize, sizeOf([inHeight, inWidth, channels]));
        places = binary(b, 'Add', places, b.constant(starts, [batchSize, 1, 1, 1], 'int32'));
      }
      const values = castLikeJs(b, channelsLast(b, maxima), node.dtype);
      return [b.output(values), b.output(channelsLast(b, places))];
    },
  ),
} satisfies Record<string, Kernel>;
