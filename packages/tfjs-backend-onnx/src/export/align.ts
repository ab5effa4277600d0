import type { Node } from '../graph/node';
import type { Attribute, Values } from '../graph/types';
import { sameShape } from '../graph/types';
import type { Source, Trace } from '../jit/trace';
import { exportError } from './errors';
import type { Dimension } from './dimension';

/** One value of the function: the node that stands for it in each of the traces. */
export type Aligned = readonly Node[];

/**
 * Finds for each node of the first trace the nodes that stand for the same value in the others.
 * @throws OnnxBackendError `export` where the traces are not the same operators on the same values.
 */
export function align(traces: readonly Trace[]): ReadonlyMap<Node, Aligned> {
  const [first] = traces as readonly [Trace];
  const sources = traces.map(({ plan, sources: found }) => {
    return new Map(plan.leaves.map((leaf, i) => [leaf, found[i] as Source]));
  });
  const aligned = new Map<Node, Aligned>();
  const put = (nodes: Aligned): void => {
    const [node] = nodes as readonly [Node];
    const known = aligned.get(node);
    if (known?.every((other, trace) => other === nodes[trace]) === true) return;
    check(nodes, sources);
    // The same fill may be one array in one trace and one for each use in another.
    if (known !== undefined && fillOf(node) === null) throw otherwise(nodes);
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
export function fillOf(node: Node): number | null {
  const array = arrayOf(node);
  if (array !== null) {
    const [value] = array;
    return value !== undefined && array.every((other) => other === value) ? value : null;
  }
  const [value] = node.inputs;
  return node.op === 'Expand' && value?.op === '@const' ? constantOf(value) : null;
}

/** The array of a leaf that the function made from JavaScript values. */
export const arrayOf = ({ values }: Node): Values | null =>
  ArrayBuffer.isView(values) ? values : null;

/** The number of a `@const` that is one, not a list. */
export function constantOf(node: Node): number | null {
  const value = node.attributes?.['value'] as { f: number } | readonly number[];
  return 'f' in value ? value.f : null;
}

export const shapeOf = (nodes: Aligned): Dimension[] =>
  (nodes[0] as Node).shape.map((_, axis) => nodes.map((node) => node.shape[axis] as number));

function check(nodes: Aligned, sources: readonly ReadonlyMap<Node, Source>[]): void {
  const [first] = nodes as readonly [Node];
  const same = nodes.every(
    (node) => node.dtype === first.dtype && node.shape.length === first.shape.length,
  );
  if (!same) throw otherwise(nodes);
  if (!first.isLeaf) {
    if (nodes.some((node) => node.isLeaf || !sameOperator(first, node))) throw otherwise(nodes);
    return;
  }
  const fill = fillOf(first);
  nodes.forEach((node, trace) => {
    const source = sources[trace]?.get(node);
    const expected = sources[0]?.get(first);
    const filled = expected?.kind === 'constant' && fill !== null && fillOf(node) === fill;
    if (!filled && !sameSource(expected, source, first, node)) throw otherwise(nodes);
  });
}

function sameSource(
  a: Source | undefined,
  b: Source | undefined,
  first: Node,
  second: Node,
): boolean {
  if (a?.kind === 'argument') return b?.kind === 'argument' && a.place === b.place;
  if (a?.kind === 'variable') return b?.kind === 'variable' && a.variable === b.variable;
  if (a?.kind === 'captured') {
    return (
      (first.source ?? first) === (second.source ?? second) && sameShape(first.shape, second.shape)
    );
  }
  return a?.kind === b?.kind;
}

function sameOperator(a: Node, b: Node): boolean {
  if (a.op !== b.op || a.inputs.length !== b.inputs.length || a.outputs !== b.outputs) return false;
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
