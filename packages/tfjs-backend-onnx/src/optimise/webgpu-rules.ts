import type { Node } from '../graph/node';
import type { Rule, Workshop } from './rule';
import { distributionFunction, foldScales } from './rules';

/**
 * Replaces `FusedMatMul`, which has no WebGPU kernel and would run on the CPU, by Gemm and
 * Transpose, which have one.
 */
const splitProduct: Rule = (node, workshop) => {
  if (node.op !== 'FusedMatMul') return null;
  if (node.shape.length === 2) {
    return workshop.node('Gemm', node.inputs, node.shape, node.dtype, node.attributes);
  }
  const [a, b] = node.inputs as [Node, Node];
  const operands = [
    node.attributes?.['transA'] === 1 ? transposed(workshop, a) : a,
    node.attributes?.['transB'] === 1 ? transposed(workshop, b) : b,
  ];
  return workshop.node('MatMul', operands, node.shape, node.dtype);
};

/** Computes Σ x² over all elements without storing the squares. */
const sumOfSquares: Rule = (node, workshop) => {
  const [product] = node.inputs;
  if (node.op !== 'ReduceSum' || product?.op !== 'Mul' || product.dtype !== 'float32') return null;
  const [a, b] = product.inputs as [Node, Node];
  if (a !== b || !workshop.isUsedOnce(product) || node.integers?.[0]?.length !== a.shape.length)
    return null;
  return workshop.node('ReduceSumSquare', [a], node.shape, 'float32', node.attributes);
};

/** x [..., M, N] as [..., N, M] */
function transposed(workshop: Workshop, x: Node): Node {
  const rank = x.shape.length;
  const perm = x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const shape = perm.map((i) => x.shape[i] as number);
  return workshop.node('Transpose', [x], shape, x.dtype, { perm });
}

/** The rules for WebGPU. None of them makes operators that have only CPU kernels. */
export const webgpuRules: readonly Rule[] = [
  foldScales,
  distributionFunction,
  sumOfSquares,
  splitProduct,
];
