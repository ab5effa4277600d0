import type { Constants } from '../execution/program-cache';
import type { Node } from '../graph/node';
import { structuralNumber } from '../graph/node';
import type { Plan } from '../graph/plan';

/** An output (by its place in the plan) and the leaves whose memory it may be written to. */
export interface InPlace {
  readonly output: number;
  readonly leaves: readonly number[];
}

/** Operators that read an element before they write the one in its place, and no other. */
const ELEMENTWISE: ReadonlySet<string> = new Set(
  'Add Sub Mul Div Neg Abs Exp Log Sqrt Reciprocal Relu Sigmoid Tanh Erf'.split(' '),
);

/**
 * Operators whose result may be their input's memory, or that ONNX Runtime may leave out, so that
 * who reads the result reads the input.
 */
const ALIASES: ReadonlySet<string> = new Set(
  '@out Cast Concat Expand Flatten Identity Pad Reshape Slice Split Squeeze Tile Transpose Unsqueeze'.split(
    ' ',
  ),
);

/**
 * For each output, the leaves that nobody reads any more when it is written: all their readers are
 * among its ancestors, or among those of the operator that writes it if ONNX Runtime leaves out the
 * ones behind that. A training step's new parameters and optimizer states can so take the
 * place of the old ones. Outputs with the least choice come first.
 * @param constants by leaf, the numbers built into the model, or null for an input.
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

/** Tells the number that a constant of the structure, or one that is built in, is. */
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

/** The operator whose result becomes the node's memory, if those that may be left out are. */
function writerOf(node: Node, numbers: Numbers): Node {
  let writer = node;
  for (;;) {
    const passes = ALIASES.has(writer.op) || isNeutral(writer, numbers);
    const source = passes ? writer.inputs.find((input) => numbers(input) === null) : undefined;
    if (source === undefined || source.isLeaf) return writer;
    writer = source;
  }
}

/** By operator: the number that changes nothing. */
const NEUTRAL: Readonly<Record<string, number>> = { Add: 0, Sub: 0, Mul: 1, Div: 1 };

/** x + 0, x · 1 and the like, which ONNX Runtime leaves out. */
function isNeutral(node: Node, numbers: Numbers): boolean {
  const neutral = NEUTRAL[node.op];
  return neutral !== undefined && node.inputs.some((input) => numbers(input) === neutral);
}

/** Stamps everything `node` is computed from, not `node` itself. */
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
