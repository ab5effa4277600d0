import type { Node, Rule, Workshop } from '@crossweave/tfjs-backend-onnx/graph';
import { sameShape } from '@crossweave/tfjs-backend-onnx/graph';

/*
 * OpenVINO 2026.4 moves the reshapes out of a product, a reshape, two sums and a reshape back to the
 * product's shape, and then stops with "Topological order is required", because it does not number
 * the operators that it makes. These rules leave no such chain. They also let OpenVINO add the
 * residual within the product.
 */

/** The product below a reshape, if nothing else uses the two. */
function reshapedProduct(node: Node, workshop: Workshop): Node | null {
  const [source] = node.inputs;
  if (node.op !== 'Reshape' || source === undefined || !workshop.isUsedOnce(node)) return null;
  return ['MatMul', 'Gemm', 'Add'].includes(source.op) && source.dtype === 'float32'
    ? source
    : null;
}

/** reshape(p) + x = reshape(p + reshape(x)), for an x of the same size. */
export const residualSums: Rule = (node, workshop) => {
  if (node.op !== 'Add' || node.dtype !== 'float32') return null;
  for (const [left, x] of [node.inputs, [...node.inputs].reverse()] as [Node, Node][]) {
    if (!sameShape(left.shape, node.shape) || !sameShape(x.shape, node.shape)) continue;
    const product = reshapedProduct(left, workshop);
    if (product === null || product.op === 'Add') continue;
    const beside = workshop.reshape(unshaped(x, product.shape), product.shape);
    const sum = workshop.node('Add', [product, beside], product.shape, 'float32');
    return workshop.reshape(sum, node.shape);
  }
  return null;
};

/** (reshape(p) + s) + x = reshape(p + reshape(s + x)), for an s that is spread and an x of full size. */
export const flatSums: Rule = (node, workshop) => {
  if (node.op !== 'Add' || node.dtype !== 'float32') return null;
  for (const [inner, x] of [node.inputs, [...node.inputs].reverse()] as [Node, Node][]) {
    if (inner.op !== 'Add' || !workshop.isUsedOnce(inner)) continue;
    for (const [left, s] of [inner.inputs, [...inner.inputs].reverse()] as [Node, Node][]) {
      if (!sameShape(left.shape, node.shape) || !sameShape(x.shape, node.shape)) continue;
      const product = reshapedProduct(left, workshop);
      if (product === null || product.op === 'Add') continue;
      const both = workshop.node('Add', [s, x], node.shape, 'float32');
      const beside = workshop.reshape(both, product.shape);
      const sum = workshop.node('Add', [product, beside], product.shape, 'float32');
      return workshop.reshape(sum, node.shape);
    }
  }
  return null;
};

/** A node without the reshapes above it, if it has the wanted shape below one. */
function unshaped(x: Node, shape: readonly number[]): Node {
  const [source] = x.inputs;
  return x.op === 'Reshape' && source !== undefined && sameShape(source.shape, shape) ? source : x;
}
