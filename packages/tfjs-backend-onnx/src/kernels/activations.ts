import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { binary, select, unary, withScalar } from './elementwise';

export const relu = (b: KernelContext, x: Node): Node =>
  x.op === 'Relu' ? x : unary(b, 'Relu', x);

export const elu = (b: KernelContext, x: Node): Node => {
  const positive = withScalar(b, 'GreaterOrEqual', x, 0, 'bool');
  return select(b, positive, x, withScalar(b, 'Sub', unary(b, 'Exp', x), 1));
};

/** Constants of S. Klambauer et al., "Self-Normalizing Neural Networks" (2017). */
const SELU_ALPHA = 1.7580993408473768;
const SELU_SCALE = 1.0507009873554805;

export const selu = (b: KernelContext, x: Node): Node => {
  const positive = withScalar(b, 'GreaterOrEqual', x, 0, 'bool');
  const negative = withScalar(b, 'Mul', withScalar(b, 'Sub', unary(b, 'Exp', x), 1), SELU_ALPHA);
  return select(b, positive, withScalar(b, 'Mul', x, SELU_SCALE), negative);
};

export function leakyRelu(b: KernelContext, x: Node, alpha: number): Node {
  const negative = b.op('Less', [x, b.scalar(0)], x.shape, 'bool');
  return select(b, negative, withScalar(b, 'Mul', x, alpha), x);
}

/** The activations of fused kernels. */
export function activate(
  b: KernelContext,
  x: Node,
  activation: string,
  slope: Node | undefined,
  alpha: number | undefined,
): Node {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return relu(b, x);
    case 'relu6':
      return withScalar(b, 'Min', relu(b, x), 6);
    case 'elu':
      return elu(b, x);
    case 'sigmoid':
      return unary(b, 'Sigmoid', x);
    case 'leakyrelu':
      return leakyRelu(b, x, alpha ?? 0.2);
    case 'prelu':
      return slope === undefined ? x : prelu(b, x, slope);
    default:
      throw new RangeError(`Unknown activation '${activation}'.`);
  }
}

export function prelu(b: KernelContext, x: Node, slope: Node): Node {
  const negative = b.op('Less', [x, b.scalar(0)], x.shape, 'bool');
  return select(b, negative, binary(b, 'Mul', slope, x), x);
}
