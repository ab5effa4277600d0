import type { Node, Rule, Workshop } from '@crossweave/tfjs-backend-onnx/graph';

/** A factor that is one number, and the convolution that it is applied to. */
function scaledConvolution(node: Node, workshop: Workshop): Node | null {
  if (node.op !== 'Mul' && node.op !== 'Div') return null;
  const [a, b] = node.inputs as [Node, Node];
  const found = [a, b].find(({ op }) => op === 'Conv' || op === 'ConvTranspose');
  const factor = found === a ? b : a;
  return found !== undefined &&
    factor.size < found.size &&
    !workshop.isUsedOnce(found.inputs[1] as Node)
    ? found
    : null;
}

/**
 * Keeps a factor apart from a convolution whose filter a different operator uses too, as the
 * gradient does. OpenVINO 2026.4 moves the factor into the filter, also for the other operator. It
 * does not if the result of the convolution has several uses, so the comparison with itself, which
 * is true except for NaN, is one more.
 */
export const sharedFilters: Rule = (node, workshop) => {
  const convolution = scaledConvolution(node, workshop);
  if (convolution === null) return null;
  const isNumber = workshop.node('Equal', [convolution, convolution], convolution.shape, 'bool');
  return workshop.node('Where', [isNumber, node, convolution], node.shape, node.dtype);
};
