import type { Constants } from '../execution/program-cache';
import type { Node } from '../graph/node';
import { structuralNumber } from '../graph/node';
import type { Plan } from '../graph/plan';

/** An output (by its index in the plan) and the leaves whose memory it may overwrite. */
export interface InPlace {
  readonly output: number;
  readonly leaves: readonly number[];
}

/**
 * Operators that read each element before they write the element at the same place, and read no
 * other element.
 */
const ELEMENTWISE: ReadonlySet<string> = new Set(
  'Add Sub Mul Div Neg Abs Exp Log Sqrt Reciprocal Relu Sigmoid Tanh Erf'.split(' '),
);

/**
 * Operators whose result may share the memory of their input, or that ONNX Runtime may remove. An
 * operator that reads their result may therefore read the memory of their input.
 */
const ALIASES: ReadonlySet<string> = new Set(
  '@out Cast Concat Expand Flatten Identity Pad Reshape Slice Split Squeeze Tile Transpose Unsqueeze'.split(
    ' ',
  ),
);

/**
 * For each output, the leaves that no operator reads after the output is written: all operators
 * that read such a leaf are ancestors of the output's last operator. (If ONNX Runtime removes the
 * last operators, an earlier operator writes the output, and only its ancestors count.) So a
 * training step can write new parameters and optimizer states over the old ones. Outputs with the
 * fewest possible leaves come first. @param constants for each leaf, the numbers that are constants
 * of the model, or null for an input.
 */
export function findInPlace(plan: Plan, constants: Constants): InPlace[] {
  const numbers = numbersOf(plan, constants);
  const readers = readersOf(plan, numbers);
  const bySize = new Map<string, number[]>();
  plan.leaves.forEach((leaf, i) => {
    if (constants[i] !== null) return;
    const kind = kindOf(leaf);
    bySize.set(kind, [...(bySize.get(kind) ?? []), i]);
  });
  const stamps = new Int32Array(plan.nodes.length).fill(-1);
  const stampOf = (node: Node): number => stamps[plan.places.get(node) as number] as number;
  return plan.outputs
    .map((node, output) => {
      const candidates = bySize.get(kindOf(node)) ?? [];
      if (candidates.length === 0) return { output, leaves: [] };
      const writer = writerOf(node, numbers);
      markAncestors(plan, writer, stamps, output);
      const isRead = (reader: Node): boolean =>
        reader === writer ? ELEMENTWISE.has(writer.op) : stampOf(reader) === output;
      return { output, leaves: candidates.filter((i) => (readers[i] as Node[]).every(isRead)) };
    })
    .filter(({ leaves }) => leaves.length > 0)
    .sort((a, b) => a.leaves.length - b.leaves.length);
}

const kindOf = (node: Node): string => `${node.dtype}${node.size}`;

type Numbers = (node: Node) => number | null;

/** Gives the number of a structural constant, or of a leaf that is a constant. */
function numbersOf(plan: Plan, constants: Constants): Numbers {
  const builtIn = new Map<Node, number>();
  plan.leaves.forEach((leaf, i) => {
    const number = constants[i]?.length === 1 ? constants[i][0] : undefined;
    if (number !== undefined) builtIn.set(leaf, number);
  });
  return (node) => builtIn.get(node) ?? structuralNumber(node);
}

/** For each leaf, the operators that read its memory. */
function readersOf(plan: Plan, numbers: Numbers): Node[][] {
  const direct = new Map<Node, Node[]>();
  for (const node of plan.nodes) {
    for (const input of node.inputs) {
      const list = direct.get(input);
      if (list === undefined) direct.set(input, [node]);
      else list.push(node);
    }
  }
  const collect = (node: Node, into: Set<Node>): Set<Node> => {
    for (const reader of direct.get(node) ?? []) {
      if (into.has(reader)) continue;
      into.add(reader);
      if (ALIASES.has(reader.op) || isNeutral(reader, numbers)) collect(reader, into);
    }
    return into;
  };
  return plan.leaves.map((leaf) => [...collect(leaf, new Set())]);
}

/**
 * The operator that writes the node's memory if ONNX Runtime removes all operators that it may
 * remove.
 */
function writerOf(node: Node, numbers: Numbers): Node {
  let writer = node;
  for (;;) {
    const passes = ALIASES.has(writer.op) || isNeutral(writer, numbers);
    const source = passes ? writer.inputs.find((input) => numbers(input) === null) : undefined;
    if (source === undefined || source.isLeaf) return writer;
    writer = source;
  }
}

/** The neutral number of each operator. */
const NEUTRAL: Readonly<Record<string, number>> = { Add: 0, Sub: 0, Mul: 1, Div: 1 };

/** Whether the operator is x + 0, x · 1 or similar, which ONNX Runtime removes. */
function isNeutral(node: Node, numbers: Numbers): boolean {
  const neutral = NEUTRAL[node.op];
  return neutral !== undefined && node.inputs.some((input) => numbers(input) === neutral);
}

/** Stamps all ancestors of `node`, without `node`. */
function markAncestors(plan: Plan, node: Node, stamps: Int32Array, stamp: number): void {
  const stack = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const input of next.inputs) {
      const place = plan.places.get(input) as number;
      if (place < 0 || stamps[place] === stamp) continue;
      stamps[place] = stamp;
      stack.push(input);
    }
  }
}
