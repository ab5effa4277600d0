import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { binary, withScalar } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';
import { matMul } from './matmul';

interface LrnAttributes {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Σ of x [B, H, W, C] over the channels within `radius` of each. */
function acrossChannels(b: KernelContext, x: Node, radius: number): Node {
  const channels = x.shape.at(-1) as number;
  const near = Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.abs(Math.floor(i / channels) - (i % channels)) <= radius ? 1 : 0,
  );
  return matMul(b, x, b.constant(near, [channels, channels], 'float32'), false, false);
}

/** n = bias + α · Σ x² over neighbouring channels */
function normOf(b: KernelContext, x: Node, { depthRadius, bias, alpha }: LrnAttributes): Node {
  const energy = acrossChannels(b, binary(b, 'Mul', x, x), depthRadius);
  return withScalar(b, 'Add', withScalar(b, 'Mul', energy, alpha), bias);
}

/** Local response normalisation as in A. Krizhevsky et al. (2012): y = x · n^−β. */
export const lrnKernels = {
  LRN: kernel<UnaryInput, LrnAttributes>((b, { x }, attributes) => {
    const node = b.node(x);
    const norm = normOf(b, node, attributes);
    return b.output(binary(b, 'Mul', node, withScalar(b, 'Pow', norm, -attributes.beta)));
  }),
  /** dx = dy · n^−β − 2 α β · x · Σ (dy · y / n) over neighbouring channels */ LRNGrad: kernel<
    { x: TensorInfo; y: TensorInfo; dy: TensorInfo },
    LrnAttributes
  >((b, { x, y, dy }, attributes) => {
    const { alpha, beta, depthRadius } = attributes;
    const [input, gradient] = [b.node(x), b.node(dy)];
    const norm = normOf(b, input, attributes);
    const direct = binary(b, 'Mul', gradient, withScalar(b, 'Pow', norm, -beta));
    const each = binary(b, 'Div', binary(b, 'Mul', gradient, b.node(y)), norm);
    const spread = binary(b, 'Mul', input, acrossChannels(b, each, depthRadius));
    return b.output(binary(b, 'Sub', direct, withScalar(b, 'Mul', spread, 2 * alpha * beta)));
  }),
} satisfies Record<string, Kernel>;
