import type { Node, Rule } from '@crossweave/tfjs-backend-onnx/graph';
import type { IsKnown } from './numbers';

/**
 * Tells whether a node is computed from constants alone. @param constants the leaves that are
 * constants.
 */
export function knownNodes(constants: ReadonlySet<Node>): IsKnown {
  const decided = new Map<Node, boolean>();
  const isKnown = (node: Node): boolean => {
    const before = decided.get(node);
    if (before !== undefined) return before;
    // The recursion is shallow: rules ask about each operator after its inputs.
    const is = node.isLeaf ? constants.has(node) : node.inputs.every(isKnown);
    decided.set(node, is);
    return is;
  };
  return isKnown;
}

/**
 * Writes |x| as relu(x) + relu(−x) where x is computed from constants alone: OpenVINO 2026.4
 * computes such a graph while it compiles, and leaves the absolute value out.
 */
export function absoluteConstants(isKnown: IsKnown): Rule {
  return (node, workshop) => {
    if (!isKnown(node) || node.op !== 'Abs' || node.dtype !== 'float32') return null;
    const [x] = node.inputs as [Node];
    const positive = (part: Node): Node => workshop.node('Relu', [part], node.shape, 'float32');
    const negated = workshop.node('Neg', [x], node.shape, 'float32');
    return workshop.node('Add', [positive(x), positive(negated)], node.shape, 'float32');
  };
}
