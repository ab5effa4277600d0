import type { Tensor, TensorContainer, TensorInfo, Variable } from '@tensorflow/tfjs-core';
import { dispose, engine, tidy } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { ElementType } from '../graph/types';
import { makePlan } from '../graph/plan';
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
  const before = new Map(variables().map((variable) => [variable, variable.clone()]));
  const inputs = new Map<Node, Source>();
  const restore: (() => void)[] = [];
  try {
    for (const value of before.values()) backend.valueNode(value);
    const { result, nodes } = backend.traced(() => {
      for (const [variable, value] of before) {
        const node = backend.placeholder(variable.shape, variable.dtype);
        inputs.set(node, { kind: 'variable', variable });
        restore.push(backend.substitute(value, node));
      }
      const tensorOf = (node: Node): Tensor =>
        engine().makeTensorFromTensorInfo(backend.output(node), backend);
      const oldest = tensorOf(backend.placeholder([], 'float32'));
      oldest.dispose();
      const placeholders = argumentTensors.map(({ shape, dtype }, place) => {
        const node = backend.placeholder(shape, dtype);
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
    return { ...result, plan, sources: plan.leaves.map((leaf) => sourceOf(leaf, inputs)) };
  } finally {
    for (const undo of restore) undo();
    for (const [variable, value] of before) {
      if (variable.dataId !== value.dataId) variable.assign(value);
      value.dispose();
    }
  }
}

const variables = (): Variable[] => Object.values(engine().registeredVariables);

/** Finds what the function is to give back, while the trace is still under way. */
function collect(
  backend: OnnxBackend,
  template: unknown,
  before: ReadonlyMap<Variable, Tensor>,
  inputs: ReadonlyMap<Node, Source>,
): Omit<Trace, 'plan' | 'sources'> & { outputs: Node[] } {
  const places = new Map<Node, number>();
  const outputs: Node[] = [];
  const compute = (node: Node): Computed => {
    if (node.size === 0) return { empty: { shape: node.shape, dtype: node.dtype } };
    const known = places.get(node);
    if (known !== undefined) return { output: known };
    // A value that went in must be copied to come out.
    const computed = node.isLeaf ? backend.op('Identity', [node], node.shape, node.dtype) : node;
    places.set(node, outputs.length);
    return { output: outputs.push(computed) - 1 };
  };
  const results = flatten(template, 'the result').tensors.map((tensor) => {
    const node = backend.node(tensor);
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
    assigned: changed.map((variable) => ({ variable, value: compute(backend.node(variable)) })),
    hasCreated: changed.some((variable) => !before.has(variable)),
  };
}

function sourceOf(leaf: Node, inputs: ReadonlyMap<Node, Source>): Source {
  const known = inputs.get(leaf);
  if (known !== undefined) return known;
  return { kind: leaf.trace === null ? 'captured' : 'constant' };
}
