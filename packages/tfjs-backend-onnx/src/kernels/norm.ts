import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Node } from '../graph/node';
import { sinking } from './channels';
import { binary, unary, withScalar } from './elementwise';
import type { Kernel } from './kernel';
import { kernel } from './kernel';

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
    const spread = unary(b, 'Sqrt', withScalar(b, 'Add', b.node(variance), varianceEpsilon));
    let slope = unary(b, 'Reciprocal', spread);
    if (scale !== undefined && scale !== null) slope = binary(b, 'Mul', b.node(scale), slope);
    const apply = (op: string, p: Node, q: Node): Node =>
      sinking(b, [p, q], (left, right) => binary(b, op, left, right));
    const centred = apply('Sub', b.node(x), b.node(mean));
    const scaled = apply('Mul', centred, slope);
    if (offset === undefined || offset === null) return b.output(scaled);
    return b.output(apply('Add', scaled, b.node(offset)));
  }),
} satisfies Record<string, Kernel>;
