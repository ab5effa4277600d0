import type { Node } from '../graph/node';
import { structuralNumber } from '../graph/node';
import type { Attribute, Values } from '../graph/types';
import { sameShape } from '../graph/types';
import type { Value } from '../graph/value';
import type { Source, Trace } from '../jit/trace';
import { exportError } from './errors';
import type { Dimension } from './dimension';

/** One value of the function: the node that stands for it in each of the traces. */
export type Aligned = readonly Node[];

/** The arrays that the function made from JavaScript values, by the leaf that shows each. */
export type Arrays = ReadonlyMap<Node, Values>;

/** Those of all traces. */
export const arraysOf = (traces: readonly Trace[]): Arrays =>
  new Map(traces.flatMap(({ arrays }) => [...arrays]));

/**
 * Finds for each node of the first trace the nodes that stand for the same value in the others.
 * @throws OnnxBackendError `export` where the traces are not the same operators on the same values.
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
    // The same fill may be one array in one trace and one for each use in another.
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

/** The number all elements equal, as far as the node shows it; else null. */
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

/** Where a leaf's numbers come from, and whose they are if they are there. */
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
    // Elsewhere it may be an operator.
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
    case 'constant':
      return b.source.kind === 'constant';
  }
}

function sameOperator(a: Node, b: Node): boolean {
  if (a.op !== b.op || a.inputs.length !== b.inputs.length) return false;
  const lengths = (node: Node): number[] => node.integers?.map((list) => list.length) ?? [];
  if (!sameShape(lengths(a), lengths(b))) return false;
  const names = Object.keys(a.attributes ?? {});
  if (names.join() !== Object.keys(b.attributes ?? {}).join()) return false;
  // What a constant's value becomes is for its user to say.
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
    `the function does not do the same at every size: ${describe(first)} at one is ` +
      `${describe(other)} at another. Loops, branches and paddings that depend on a dynamic size ` +
      'cannot be exported, nor can random values: give that size as a number, or compute what ' +
      'depends on it outside and pass it as an input.',
    nameOf(first),
  );
}

const nameOf = (node: Node): string => (node.isLeaf ? 'a tensor' : node.op);
const describe = (node: Node): string => {
  const attributes = node.attributes === null ? '' : ` ${JSON.stringify(node.attributes)}`;
  return `${nameOf(node)} of shape [${node.shape.join()}]${attributes}`;
};
