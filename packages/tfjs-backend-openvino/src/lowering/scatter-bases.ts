import type { Node, Rule } from '@crossweave/tfjs-backend-onnx/graph';
import type { IsKnown } from './numbers';

/** Smaller bases cost nothing as constants. */
const LEAST_SIZE = 1 << 14;

/**
 * Fills the base of a scatter, which is one number, when the graph runs. OpenVINO would make it a
 * constant and keep it: 94 MB for the gradient of BERT's table of words. The number is given as
 * itself plus the difference of an index from itself, which OpenVINO does not resolve.
 * −0 would become 0, and stays a constant.
 */
export function scatterBases(isKnown: IsKnown): Rule {
  return (node, workshop) => {
    if (node.op !== 'ScatterElements' && node.op !== 'ScatterND') return null;
    const [base, indices, updates] = node.inputs as [Node, Node, Node];
    const number = base.inputs[0];
    if (base.op !== 'Expand' || number?.size !== 1 || base.size < LEAST_SIZE) return null;
    if (Object.is(workshop.numberOf(number), -0)) return null;
    if (!isKnown(number) || isKnown(indices) || base.dtype !== 'float32') return null;
    const of = (op: string, ...inputs: readonly Node[]): Node =>
      workshop.node(op, inputs, [1], (inputs[0] as Node).dtype);
    const flat = workshop.reshape(indices, [indices.size]);
    const index = workshop.node('Slice', [flat], [1], flat.dtype, null, [[0], [1], [0]]);
    const none = of('Sub', index, index);
    const zero = workshop.node('Cast', [none], [1], 'float32', { to: 1 });
    const same = of('Add', workshop.reshape(number, [1]), zero);
    const filled = workshop.node('Expand', [same], base.shape, base.dtype, null, base.integers);
    const inputs = [filled, indices, updates];
    return workshop.node(node.op, inputs, node.shape, node.dtype, node.attributes);
  };
}
