import type { Tensor, TensorContainer, TensorInfo, Variable } from '@tensorflow/tfjs-core';
import { dispose, engine, tidy } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';
import { makePlan } from '../graph/plan';
import type { Value } from '../graph/value';
import { flatten } from './tree';

/** Where a value that goes into the traced graph comes from. */
export type Source =
  | { readonly kind: 'argument'; readonly place: number }
  | { readonly kind: 'variable'; readonly variable: Variable }
  /** A tensor the function closed over. */
  | { readonly kind: 'captured' }
  /** An array the function made from JavaScript values. */
  | { readonly kind: 'constant' };

/** A value at its place in the plan's outputs, or one without elements, which no graph computes. */
export type Computed =
  | { readonly output: number }
  | { readonly empty: { readonly shape: readonly number[]; readonly dtype: ElementType } };

/** What the function returned: the argument at a place, or a value of its own. */
export type TraceResult = { readonly argument: number } | Computed;

/** A function's one pass with placeholders for its arguments. */
export interface Trace {
  readonly plan: Plan;
  /** By leaf of the plan. */
  readonly sources: readonly Source[];
  /** By leaf that the function closed over or made, whose numbers it shows. */
  readonly owners: ReadonlyMap<Node, Value>;
  /** By leaf that is a constant, its array: good until something is computed. */
  readonly arrays: ReadonlyMap<Node, Values>;
  /** What the function returned; its tensors are disposed of and only show the shape of the tree. */
  readonly template: unknown;
  /** For each tensor of the template, what it is. */
  readonly results: readonly TraceResult[];
  /** Variables that the function assigned or created, with their new values. */
  readonly assigned: readonly { readonly variable: Variable; readonly value: Computed }[];
  /** True if it made variables, as an optimizer does at first: the next call will be another. */
  readonly hasCreated: boolean;
}

/** Calls `f` with placeholders of the arguments' shapes. Nothing is computed or changed. */
export function trace(
  backend: OnnxBackend,
  argumentTensors: readonly Pick<TensorInfo, 'shape' | 'dtype'>[],
  f: (placeholders: readonly Tensor[]) => unknown,
): Trace {
  const { graph } = backend;
  const before = new Map(variables().map((variable) => [variable, variable.clone()]));
  const inputs = new Map<Node, Source>();
  const restore: (() => void)[] = [];
  try {
    for (const value of before.values()) valueOf(backend, value);
    const { result, nodes } = graph.traced(() => {
      const input = (shape: readonly number[], dtype: string): Node =>
        graph.recording.input(shape, dtype as ElementType);
      for (const [variable, value] of before) {
        const node = input(variable.shape, variable.dtype);
        inputs.set(node, { kind: 'variable', variable });
        restore.push(backend.tensors.substitute(value, graph.valueOf(node)));
      }
      const tensorOf = (node: Node): Tensor =>
        engine().makeTensorFromTensorInfo(backend.kernels.output(node), backend);
      const oldest = tensorOf(input([], 'float32'));
      oldest.dispose();
      const placeholders = argumentTensors.map(({ shape, dtype }, place) => {
        const node = input(shape, dtype);
        inputs.set(node, { kind: 'argument', place });
        return tensorOf(node);
      });
      try {
        const template = tidy(() => f(placeholders) as TensorContainer) as unknown;
        const found = collect(backend, template, before, inputs);
        // A tensor from outside that the function returns stays its owner's.
        dispose(flatten(template, 'the result').tensors.filter(({ id }) => id > oldest.id));
        return found;
      } finally {
        dispose(placeholders);
      }
    });
    const plan = makePlan(nodes, result.outputs);
    const sources = plan.leaves.map((leaf) => sourceOf(leaf, inputs));
    const owners = new Map<Node, Value>();
    const arrays = new Map<Node, Values>();
    plan.leaves.forEach((leaf, i) => {
      if (leaf.op === '@leaf') owners.set(leaf, graph.values.of(leaf));
      const array = sources[i]?.kind === 'constant' ? graph.known(leaf) : null;
      if (array !== null) arrays.set(leaf, array);
    });
    return { ...result, plan, sources, owners, arrays };
  } finally {
    for (const undo of restore) undo();
    for (const [variable, value] of before) {
      if (variable.dataId !== value.dataId) variable.assign(value);
      value.dispose();
    }
  }
}

/** The tensor's value, computed. */
export function valueOf({ graph, tensors }: OnnxBackend, { dataId }: TensorInfo): Value {
  return graph.settled(tensors.valueOf(tensors.get(dataId)));
}

const variables = (): Variable[] => Object.values(engine().registeredVariables);

/** Finds what the function is to give back, while the trace is still under way. */
function collect(
  backend: OnnxBackend,
  template: unknown,
  before: ReadonlyMap<Variable, Tensor>,
  inputs: ReadonlyMap<Node, Source>,
): Omit<Trace, 'plan' | 'sources' | 'owners' | 'arrays'> & { outputs: Node[] } {
  const { kernels } = backend;
  const places = new Map<Node, number>();
  const outputs: Node[] = [];
  const compute = (node: Node): Computed => {
    if (node.size === 0) return { empty: { shape: node.shape, dtype: node.dtype } };
    const known = places.get(node);
    if (known !== undefined) return { output: known };
    // A value that went in must be copied to come out.
    const computed = node.isLeaf ? kernels.op('Identity', [node], node.shape, node.dtype) : node;
    places.set(node, outputs.length);
    return { output: outputs.push(computed) - 1 };
  };
  const results = flatten(template, 'the result').tensors.map((tensor) => {
    const node = kernels.node(tensor);
    const source = inputs.get(node);
    return source?.kind === 'argument' ? { argument: source.place } : compute(node);
  });
  const changed = variables().filter(
    (variable) => before.get(variable)?.dataId !== variable.dataId,
  );
  return {
    template,
    results,
    outputs,
    assigned: changed.map((variable) => ({ variable, value: compute(kernels.node(variable)) })),
    hasCreated: changed.some((variable) => !before.has(variable)),
  };
}

function sourceOf(leaf: Node, inputs: ReadonlyMap<Node, Source>): Source {
  const known = inputs.get(leaf);
  if (known !== undefined) return known;
  return { kind: leaf.trace === null ? 'captured' : 'constant' };
}
