import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../graph/types';
import { transpose } from './channels';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { pad } from './pad';
import { slice } from './slice';

export const spaceKernels = {
  BatchToSpaceND: kernel<UnaryInput, { blockShape: number[]; crops: number[][] }>(
    (b, { x }, { blockShape, crops }) => {
      const block = sizeOf(blockShape);
      const split = backend_util.getReshaped(x.shape, blockShape, block);
      const perm = backend_util.getPermuted(split.length, blockShape.length);
      const joined = backend_util.getReshapedPermuted(x.shape, blockShape, block);
      // The first axis is the batch.
      const cut = (axis: number, end: 0 | 1): number => crops[axis - 1]?.[end] ?? 0;
      const begin = joined.map((_, axis) => cut(axis, 0));
      const size = joined.map((dim, axis) => dim - cut(axis, 0) - cut(axis, 1));
      util.assert(
        size.every((length) => length >= 0),
        () => `batchToSpaceND: crops of ${JSON.stringify(crops)} exceed [${joined.join()}].`,
      );
      const spread = transpose(b, b.node({ ...x, shape: split }), perm);
      return b.output(slice(b, b.reshape(spread, joined), begin, size));
    },
  ),
  SpaceToBatchND: kernel<UnaryInput, { blockShape: number[]; paddings: [number, number][] }>(
    (b, { x }, { blockShape, paddings }) => {
      const block = sizeOf(blockShape);
      const around = x.shape.map((_, axis) => paddings[axis - 1] ?? ([0, 0] as const));
      const padded = pad(b, b.node(x), around, 0);
      const shape = [...padded.shape];
      const split = backend_util.getReshaped(shape, blockShape, block, false);
      const perm = backend_util.getPermuted(split.length, blockShape.length, false);
      const joined = backend_util.getReshapedPermuted(shape, blockShape, block, false);
      return b.output(b.reshape(transpose(b, b.reshape(padded, split), perm), joined));
    },
  ),
  /** Each pixel's channels [s, s, D] become a square of s × s pixels with D channels. */
  DepthToSpace: kernel<{ x: TensorInfo }, { blockSize: number; dataFormat: 'NHWC' | 'NCHW' }>(
    (b, { x }, { blockSize: s, dataFormat }) => {
      const first = dataFormat === 'NCHW';
      const [batch, ...rest] = x.shape as [number, number, number, number];
      const [height, width, channels] = first ? [rest[1], rest[2], rest[0]] : rest;
      util.assert(
        channels % (s * s) === 0,
        () => `depthToSpace: ${channels} channels are no multiple of ${s} · ${s}.`,
      );
      const depth = channels / (s * s);
      const [split, perm, joined] = first
        ? [
            [batch, s, s, depth, height, width],
            [0, 3, 4, 1, 5, 2],
            [batch, depth, height * s, width * s],
          ]
        : [
            [batch, height, width, s, s, depth],
            [0, 1, 3, 2, 4, 5],
            [batch, height * s, width * s, depth],
          ];
      return b.output(b.reshape(transpose(b, b.node({ ...x, shape: split }), perm), joined));
    },
  ),
} satisfies Record<string, Kernel>;
