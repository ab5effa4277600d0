import type { Constants, Plan, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { Node } from '@crossweave/tfjs-backend-onnx/graph';

/** A plan in which indices from the inputs are clipped to their axes, and clipped ones are reported. */
export interface GuardedPlan {
  /** Has one output more than the given plan if `refusals` is not empty: int32, one flag each. */
  readonly plan: Plan;
  /** What is wrong if a flag is not 0, with the operator first. */
  readonly refusals: readonly string[];
}

/** Which operand of an operator holds indices. */
const INDICES: Readonly<Record<string, number>> = {
  CropAndResize: 2,
  Gather: 1,
  GatherND: 1,
  ScatterElements: 1,
  ScatterND: 1,
};

/**
 * Moves indices that are outside to the edge, and adds an output that tells of them. OpenVINO does
 * not refuse them: a gather reads zeros. Constants that are inside need no check.
 */
export function guardIndices(plan: Plan, constants: Constants): GuardedPlan {
  const known = new Map<Node, Values>();
  plan.leaves.forEach((leaf, i) => {
    const values = constants[i] ?? null;
    if (values !== null) known.set(leaf, values);
  });
  const made: Node[] = [];
  const moved = new Map<Node, Node>();
  const flags: Node[] = [];
  const refusals: string[] = [];
  const add = (node: Node): Node => {
    made.push(node);
    return node;
  };
  for (const node of plan.nodes) {
    const inputs = node.inputs.map((input) => moved.get(input) ?? input);
    const at = INDICES[node.op];
    const indices = at === undefined ? undefined : inputs[at];
    if (at !== undefined && indices !== undefined && !isInside(indices, known, sizesOf(node))) {
      const sizes = sizesOf(node);
      const held = clamped(add, indices, sizes);
      inputs[at] = held;
      flags.push(differs(add, indices, held));
      refusals.push(`${node.op}: an index is outside of [${sizes.join()}]`);
    }
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const { op, shape, dtype, attributes, integers, trace } = node;
    const copy = same ? node : new Node(op, inputs, shape, dtype, attributes, integers, trace);
    if (!same) moved.set(node, copy);
    made.push(copy);
  }
  if (flags.length === 0) return { plan, refusals };
  const verdict = add(new Node('Concat', flags, [flags.length], 'int32', { axis: 0 }));
  const places = new Map<Node, number>();
  plan.leaves.forEach((leaf, i) => places.set(leaf, -1 - i));
  made.forEach((node, i) => places.set(node, i));
  const outputs = [...plan.outputs.map((node) => moved.get(node) ?? node), verdict];
  return { plan: { ...plan, nodes: made, outputs, places }, refusals };
}

/** The sizes that the coordinates of an index point into. */
function sizesOf({ op, inputs, attributes }: Node): readonly number[] {
  const [x, indices] = inputs as [Node, Node];
  if (op === 'GatherND' || op === 'ScatterND') return x.shape.slice(0, indices.shape.at(-1));
  const axis = op === 'CropAndResize' ? 0 : ((attributes?.['axis'] as number | undefined) ?? 0);
  return [x.shape.at(axis) as number];
}

/** Whether indices are constants that are all inside. */
function isInside(
  indices: Node,
  known: ReadonlyMap<Node, Values>,
  sizes: readonly number[],
): boolean {
  let source = indices;
  while (['Cast', 'Expand', 'Reshape'].includes(source.op)) source = source.inputs[0] as Node;
  const listed = source.op === '@const' ? (source.attributes?.['value'] as unknown) : undefined;
  const values = known.get(source) ?? (Array.isArray(listed) ? (listed as number[]) : undefined);
  if (values === undefined || (sizes.length > 1 && source !== indices && source.op === 'Expand')) {
    return false;
  }
  return values.every((value, i) => value >= 0 && value < (sizes[i % sizes.length] as number));
}

type Add = (node: Node) => Node;

function clamped(add: Add, indices: Node, sizes: readonly number[]): Node {
  const { shape, dtype } = indices;
  const constant = (values: readonly number[]): Node => {
    const list = add(new Node('@const', [], [values.length], 'int64', { value: values }));
    return dtype === 'int64' ? list : add(new Node('Cast', [list], list.shape, dtype, { to: 6 }));
  };
  const least = add(new Node('Max', [indices, constant([0])], shape, dtype));
  return add(new Node('Min', [least, constant(sizes.map((size) => size - 1))], shape, dtype));
}

/** [1], not 0 if any element differs. */
function differs(add: Add, a: Node, b: Node): Node {
  const same = add(new Node('Equal', [a, b], a.shape, 'bool'));
  const wrong = add(new Node('Not', [same], a.shape, 'bool'));
  const ones = add(new Node('Cast', [wrong], a.shape, 'int32', { to: 6 }));
  const flat = add(new Node('Reshape', [ones], [a.size], 'int32', null, [[a.size]]));
  return add(new Node('ReduceMax', [flat], [1], 'int32', { keepdims: 1 }, [[0]]));
}
