import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { sizeOf } from '../graph/types';
import { binary, castLikeJs, expand, filled } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { pool, pooledType, refuseEmptyWindow, scatterToMaxima } from './pool';
import type { VolumeWindow } from './volume';
import { spreadBack, volumeFirst, volumeLast, volumeWindow, windowAttributes } from './volume';

interface Pool3DAttributes {
  readonly filterSize: number | [number, number, number];
  readonly strides: number | [number, number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NDHWC' | 'NCDHW';
}

function windowOf(shape: readonly number[], attributes: Pool3DAttributes): VolumeWindow {
  const { filterSize, strides, pad, dimRoundingMode, dataFormat } = attributes;
  const input = shape as [number, number, number, number, number];
  refuseEmptyWindow(filterSize, strides);
  return volumeWindow(
    backend_util.computePool3DInfo(input, filterSize, strides, 1, pad, dimRoundingMode, dataFormat),
  );
}

const pooling = (op: 'MaxPool' | 'AveragePool'): Kernel =>
  kernel<UnaryInput, Pool3DAttributes>((b, { x }, attributes) => {
    const window = windowOf(x.shape, attributes);
    const given = b.node(x);
    const node = volumeFirst(b, b.cast(given, pooledType(given)));
    const shape = [...node.shape.slice(0, 2), ...window.outside];
    const share = (): Node => shares(b, window);
    const pooled = pool(b, op, node, shape, windowAttributes(window), share);
    return b.output(castLikeJs(b, volumeLast(b, pooled), given.dtype));
  });

/** For each position, 1 / the number of elements that its window covers (1 if none). */
function shares(b: KernelContext, window: VolumeWindow): Node {
  const { kernel: size, strides, before, inside, outside } = window;
  const along = outside.map((length, i) =>
    Float32Array.from({ length }, (_, at) => {
      const start = at * strides[i]! - before[i]!;
      return 1 / Math.max(1, Math.min(start + size[i]!, inside[i]!) - Math.max(start, 0));
    }),
  );
  const nodes = along.map((values, i) =>
    b.constant(values, [values.length, 1, 1].slice(0, 3 - i), 'float32'),
  );
  return nodes.reduce((product, node) => binary(b, 'Mul', product, node));
}

export const pool3dKernels = {
  MaxPool3D: pooling('MaxPool'),
  AvgPool3D: pooling('AveragePool'),
  MaxPool3DGrad: kernel<{ dy: TensorInfo; input: TensorInfo }, Pool3DAttributes>(
    (b, { dy, input }, attributes) => {
      const window = windowAttributes(windowOf(input.shape, attributes));
      const [gradient, x] = [volumeFirst(b, b.node(dy)), volumeFirst(b, b.node(input))];
      return b.output(volumeLast(b, scatterToMaxima(b, gradient, x, window)));
    },
  ),
  AvgPool3DGrad: kernel<{ dy: TensorInfo; input: TensorInfo }, Pool3DAttributes>(
    (b, { dy, input }, attributes) => {
      if (sizeOf(dy.shape) === 0) return b.output(filled(b, 0, input.shape));
      const window = windowOf(input.shape, attributes);
      const share = binary(b, 'Mul', volumeFirst(b, b.node(dy)), shares(b, window));
      const channels = input.shape[4] as number;
      const ones = expand(b, b.scalar(1), [channels, 1, ...window.kernel]);
      return b.output(volumeLast(b, spreadBack(b, share, ones, window, channels)));
    },
  ),
} satisfies Record<string, Kernel>;
