import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import type { Operator } from '../graph/operators';
import { below, channelsLast, sinking } from './channels';
import { binary, expand, unary, withScalar } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';

interface Statistics {
  readonly mean: Node;
  readonly variance: Node;
  readonly offset: Node | undefined;
  readonly scale: Node | undefined;
}

/**
 * x [B, C, H, W], statistics [C]: one pass, which ONNX Runtime merges into a convolution if all
 * operands are constant.
 */
function overChannels(b: KernelContext, x: Node, statistics: Statistics, epsilon: number): Node {
  const { mean, variance, offset, scale } = statistics;
  const filled = (node: Node | undefined, value: number): Node =>
    node ?? expand(b, b.scalar(value), mean.shape);
  const inputs = [x, filled(scale, 1), filled(offset, 0), mean, variance];
  return b.op('BatchNormalization', inputs, x.shape, 'float32', { epsilon: { f: epsilon } });
}

/** For statistics that broadcast against x: x · slope + (offset − mean · slope). */
function broadcasting(b: KernelContext, x: Node, statistics: Statistics, epsilon: number): Node {
  const { mean, variance, offset, scale } = statistics;
  const apply = (op: Operator, p: Node, q: Node): Node =>
    sinking(b, [p, q], (left, right) => binary(b, op, left, right));
  const inverse = unary(b, 'Reciprocal', unary(b, 'Sqrt', withScalar(b, 'Add', variance, epsilon)));
  const slope = scale === undefined ? inverse : apply('Mul', scale, inverse);
  const shift = apply('Mul', mean, slope);
  const scaled = apply('Mul', x, slope);
  return offset === undefined
    ? apply('Sub', scaled, shift)
    : apply('Add', scaled, apply('Sub', offset, shift));
}

export const normKernels = {
  /** (x − mean) · scale / √(variance + ε) + offset */
  FusedBatchNorm: kernel<
    {
      x: TensorInfo;
      mean: TensorInfo;
      variance: TensorInfo;
      offset?: TensorInfo | null;
      scale?: TensorInfo | null;
    },
    { varianceEpsilon?: number }
  >((b, { x, mean, variance, offset, scale }, { varianceEpsilon = 0.001 }) => {
    const given = (info?: TensorInfo | null): Node | undefined =>
      info === undefined || info === null ? undefined : b.node(info);
    const statistics = {
      mean: b.node(mean),
      variance: b.node(variance),
      offset: given(offset),
      scale: given(scale),
    };
    const node = b.node(x);
    const images = below(node);
    const channels = x.shape.at(-1) as number;
    const perChannel = Object.values(statistics).every(
      (value) => value === undefined || (value.shape.length === 1 && value.shape[0] === channels),
    );
    return b.output(
      images !== null && perChannel
        ? channelsLast(b, overChannels(b, images, statistics, varianceEpsilon))
        : broadcasting(b, node, statistics, varianceEpsilon),
    );
  }),
} satisfies Record<string, Kernel>;
