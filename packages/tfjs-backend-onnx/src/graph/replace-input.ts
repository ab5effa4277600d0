import { Node } from './node';

/**
 * Replaces `from` by `to` wherever it is an operand of the operators. Further outputs of `from` are
 * not replaced, since `to` stands only for the first output. @returns the operators in the same
 * order, and the new operator for each replaced one.
 */
export function replaceInput(
  operators: readonly Node[],
  from: Node,
  to: Node,
): { readonly operators: readonly Node[]; readonly moved: ReadonlyMap<Node, Node> } {
  const moved = new Map<Node, Node>();
  const replaced = operators.map((node) => {
    const inputs = node.inputs.map((input) => {
      if (input === from) return node.op === '@out' ? from : to;
      return moved.get(input) ?? input;
    });
    if (inputs.every((input, i) => input === node.inputs[i])) return node;
    const { op, shape, dtype, attributes, integers, trace } = node;
    const copy = new Node(op, inputs, shape, dtype, attributes, integers, trace);
    moved.set(node, copy);
    return copy;
  });
  return { operators: replaced, moved };
}
