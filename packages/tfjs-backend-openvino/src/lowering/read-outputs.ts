import type { Plan } from '@crossweave/tfjs-backend-onnx/graph';
import { Node } from '@crossweave/tfjs-backend-onnx/graph';

/**
 * Gives the readers of an output, such as a moment of an optimizer, a value of their own, the
 * larger of the output and itself. OpenVINO writes an output to the array that it is passed only if
 * nothing else reads the output. Otherwise it keeps memory for it and copies it in each run: 418 MB
 * in a BERT-base step. One kernel writes both values. Only readers with a second operand of this
 * shape are changed: OpenVINO computes the others in the output's own kernel.
 */
export function copyReadOutputs(plan: Plan): Plan {
  const outputs = new Set(
    plan.outputs.filter(({ isLeaf, dtype }) => !isLeaf && dtype === 'float32'),
  );
  const made: Node[] = [];
  const moved = new Map<Node, Node>();
  const copies = new Map<Node, Node>();
  for (const node of plan.nodes) {
    const readsMore = node.inputs.filter(({ size }) => size === node.size).length > 1;
    const inputs = node.inputs.map((input) => {
      const now = moved.get(input) ?? input;
      if (!outputs.has(input) || !readsMore || input.size !== node.size) return now;
      let copy = copies.get(input);
      if (copy === undefined) {
        copy = new Node('Max', [now, now], now.shape, now.dtype);
        copies.set(input, copy);
        made.push(copy);
      }
      return copy;
    });
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const { op, shape, dtype, attributes, integers, trace } = node;
    const next = same ? node : new Node(op, inputs, shape, dtype, attributes, integers, trace);
    if (!same) moved.set(node, next);
    made.push(next);
  }
  if (copies.size === 0) return plan;
  const places = new Map<Node, number>();
  plan.leaves.forEach((leaf, i) => places.set(leaf, -1 - i));
  made.forEach((node, i) => places.set(node, i));
  const given = plan.outputs.map((node) => moved.get(node) ?? node);
  return { ...plan, nodes: made, outputs: given, places };
}
