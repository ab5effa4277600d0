import type { Node } from '../graph/node';
import { structuralNumber } from '../graph/node';
import type { Attribute, Values } from '../graph/types';
import { sameShape } from '../graph/types';
import type { Value } from '../graph/value';
import type { Source, Trace } from '../jit/trace';
import { exportError } from './errors';
import type { Dimension } from './dimension';

/** A value of the function: its node in each of the traces. */
export type Aligned = readonly Node[];

/** The arrays that the function made from JavaScript values, by leaf. */
export type Arrays = ReadonlyMap<Node, Values>;

/** The arrays of all traces. */
export const arraysOf = (traces: readonly Trace[]): Arrays =>
  new Map(traces.flatMap(({ arrays }) => [...arrays]));

/**
 * Finds, for each node of the first trace, the nodes of the same value in the other traces.
 * @throws OnnxBackendError `export` if the traces have different operators or connections.
 */
export function align(traces: readonly Trace[]): ReadonlyMap<Node, Aligned> {
  const [first] = traces as readonly [Trace];
  const leaves = traces.map(leavesOf);
  const arrays = arraysOf(traces);
  const aligned = new Map<Node, Aligned>();
  const put = (nodes: Aligned): void => {
    const [node] = nodes as readonly [Node];
    const known = aligned.get(node);
    if (known?.every((other, trace) => other === nodes[trace]) === true) return;
    check(nodes, leaves, arrays);
    // The same fill may be one array in one trace and several arrays in a different trace.
    if (known !== undefined && fillOf(node, arrays) === null) throw otherwise(nodes);
    aligned.set(node, nodes);
  };
  first.plan.outputs.forEach((_, i) => {
    put(traces.map(({ plan }) => plan.outputs[i] as Node));
  });
  for (let i = first.plan.nodes.length - 1; i >= 0; i--) {
    const node = first.plan.nodes[i] as Node;
    const nodes = aligned.get(node) as Aligned;
    node.inputs.forEach((_, place) => {
      put(nodes.map((other) => other.inputs[place] as Node));
    });
  }
  return aligned;
}

/** The number that all elements of a node equal, if that is known, else null. */
export function fillOf(node: Node, arrays: Arrays): number | null {
  const array = arrays.get(node);
  if (array !== undefined) {
    const [value] = array;
    return value !== undefined && array.every((other) => other === value) ? value : null;
  }
  const [value] = node.inputs;
  return node.op === 'Expand' && value !== undefined ? structuralNumber(value) : null;
}

export const shapeOf = (nodes: Aligned): Dimension[] =>
  (nodes[0] as Node).shape.map((_, axis) => nodes.map((node) => node.shape[axis] as number));

/** Where the numbers of a leaf come from, and the value that they belong to if there is one. */
interface LeafOrigin {
  readonly source: Source;
  readonly owner: Value | undefined;
}
type Origins = ReadonlyMap<Node, LeafOrigin>;

const leavesOf = ({ plan, sources, owners }: Trace): Origins =>
  new Map(
    plan.leaves.map((leaf, i) => [leaf, { source: sources[i] as Source, owner: owners.get(leaf) }]),
  );

function check(nodes: Aligned, leaves: readonly Origins[], arrays: Arrays): void {
  const [first] = nodes as readonly [Node];
  const same = nodes.every(
    (node) => node.dtype === first.dtype && node.shape.length === first.shape.length,
  );
  if (!same) throw otherwise(nodes);
  if (!first.isLeaf) {
    if (nodes.some((node) => node.isLeaf || !sameOperator(first, node))) throw otherwise(nodes);
    return;
  }
  const fill = fillOf(first, arrays);
  const expected = leaves[0]?.get(first) as LeafOrigin;
  nodes.forEach((node, trace) => {
    const filled = expected.source.kind === 'constant' && fill !== null;
    if (filled && fillOf(node, arrays) === fill) return;
    const found = leaves[trace]?.get(node);
    // In a different trace the node may be an operator.
    if (found === undefined || !sameOrigin(expected, found)) throw otherwise(nodes);
    if (found.source.kind === 'captured' && !sameShape(first.shape, node.shape)) {
      throw otherwise(nodes);
    }
  });
}

function sameOrigin(a: LeafOrigin, b: LeafOrigin): boolean {
  switch (a.source.kind) {
    case 'argument':
      return b.source.kind === 'argument' && a.source.place === b.source.place;
    case 'variable':
      return b.source.kind === 'variable' && a.source.variable === b.source.variable;
    case 'captured':
      return b.source.kind === 'captured' && a.owner === b.owner;
    default:
      // Arrays of JavaScript. An exported function gets no recorder, so `made` does not occur.
      return b.source.kind === a.source.kind;
  }
}

function sameOperator(a: Node, b: Node): boolean {
  if (a.op !== b.op || a.inputs.length !== b.inputs.length) return false;
  const lengths = (node: Node): number[] => node.integers?.map((list) => list.length) ?? [];
  if (!sameShape(lengths(a), lengths(b))) return false;
  const names = Object.keys(a.attributes ?? {});
  if (names.join() !== Object.keys(b.attributes ?? {}).join()) return false;
  // Values of constants may differ between traces; the operator that uses them decides how to write
  // them.
  return (
    a.op === '@const' ||
    names.every((name) => sameAttribute(a.attributes?.[name], b.attributes?.[name]))
  );
}

function sameAttribute(a: Attribute | undefined, b: Attribute | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function otherwise(nodes: Aligned): Error {
  const [first] = nodes as readonly [Node];
  const other = nodes.find((node) => nameOf(node) !== nameOf(first)) ?? nodes.at(-1) ?? first;
  return exportError(
    `the function has a different structure at different sizes: ${describe(first)} at one size is ` +
      `${describe(other)} at a second size. Loops, branches and paddings that depend on a dynamic size ` +
      'cannot be exported, nor can random values: give that size as a number, or compute the values that ' +
      'depend on it outside of the function and pass them as an input.',
    nameOf(first),
  );
}

const nameOf = (node: Node): string => (node.isLeaf ? 'a tensor' : node.op);
const describe = (node: Node): string => {
  const attributes = node.attributes === null ? '' : ` ${JSON.stringify(node.attributes)}`;
  return `${nameOf(node)} of shape [${node.shape.join()}]${attributes}`;
};
