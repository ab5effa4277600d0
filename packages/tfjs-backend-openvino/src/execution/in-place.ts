import type { Constants, Node, Plan } from '@crossweave/tfjs-backend-onnx/graph';

/** Operators that compute each element from the elements at the same place. */
const ELEMENTWISE: ReadonlySet<string> = new Set(
  'Add Sub Mul Div Neg Abs Exp Log Sqrt Reciprocal Max Min Relu Sigmoid Tanh Erf'.split(' '),
);

/** An output (by its index in the plan) and the leaves whose memory it may overwrite. */
export interface InPlace {
  readonly output: number;
  readonly leaves: readonly number[];
}

/**
 * For each output, the leaves whose memory it may overwrite. OpenVINO fuses operators into kernels
 * of its own choice, so the order of two operators says nothing about the order of their reads and
 * writes. Only this form is safe in any kernel: every reader of the leaf computes the output through
 * elementwise operators of the same shape, and nothing else reads the leaf. The moments of an
 * optimizer have this form. A parameter, which a product reads, gets a new array.
 */
export function findInPlace(plan: Plan, constants: Constants): InPlace[] {
  const readers = new Map<Node, Node[]>();
  for (const node of plan.nodes) {
    for (const input of node.inputs) {
      const list = readers.get(input);
      if (list === undefined) readers.set(input, [node]);
      else list.push(node);
    }
  }
  const outputs = new Map(plan.outputs.map((node, i) => [node, i]));
  const found = new Map<number, number[]>();
  plan.leaves.forEach((leaf, i) => {
    if ((constants[i] ?? null) !== null) return;
    const output = onlyResult(leaf, readers, outputs);
    if (output !== null) found.set(output, [...(found.get(output) ?? []), i]);
  });
  return [...found].map(([output, leaves]) => ({ output, leaves }));
}

/** The output into which all elementwise paths from a leaf lead; null if there are other paths. */
function onlyResult(
  leaf: Node,
  readers: ReadonlyMap<Node, readonly Node[]>,
  outputs: ReadonlyMap<Node, number>,
): number | null {
  const results = new Set<number>();
  const seen = new Set<Node>();
  const stack = [leaf];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const using = readers.get(next) ?? [];
    if (using.length === 0) return null;
    for (const reader of using) {
      if (seen.has(reader)) continue;
      seen.add(reader);
      if (!isAligned(reader, leaf)) return null;
      const output = outputs.get(reader);
      if (output === undefined) stack.push(reader);
      else results.add(output);
    }
  }
  const [only] = results;
  return results.size === 1 && only !== undefined ? only : null;
}

/** Whether a node is an elementwise operator of the leaf's shape and type. */
function isAligned(node: Node, { shape, dtype }: Node): boolean {
  return ELEMENTWISE.has(node.op) && node.dtype === dtype && node.shape.join() === shape.join();
}
