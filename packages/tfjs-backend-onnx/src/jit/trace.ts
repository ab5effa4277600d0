import type { Tensor, TensorContainer, TensorInfo, Variable } from '@tensorflow/tfjs-core';
import { dispose, engine, tensor as emptyTensor, tidy } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';
import { makePlan } from '../graph/plan';
import { sizeOf } from '../graph/types';
import type { Value } from '../graph/value';
import { flatten } from './tree';

/** Where an input of the traced graph comes from. */
export type Source =
  | { readonly kind: 'argument'; readonly place: number }
  | { readonly kind: 'variable'; readonly variable: Variable }
  /** A tensor that the function closes over. */
  | { readonly kind: 'captured' }
  /** An array that the function made from JavaScript values. */
  | { readonly kind: 'constant' }
  /** An array that is made for each call. */
  | { readonly kind: 'made'; readonly make: Make };

/** Makes an array from what a call is about. */
export type Make = (moment: unknown) => Values;

/** A choice of the function on which its graph depends. */
export interface Choice {
  readonly choose: (moment: unknown) => unknown;
  /** The choice of the call that was traced. */
  readonly chosen: unknown;
}

/**
 * What a traced function may record besides operators: arrays and choices that JavaScript makes anew
 * for each call, from what the call is about (its moment). The trainer's step has a batch, a random
 * key and a number.
 */
export interface CallRecorder {
  /** A tensor of numbers that `make` gives for each call. */
  tensor(make: Make, shape: readonly number[], dtype: 'float32' | 'int32' | 'bool'): Tensor;
  /** A choice on which the graph depends: a call that chooses differently gets another graph. */
  choice<T extends string | number | boolean>(choose: (moment: unknown) => T): T;
}

/** An output of the plan, by index, or an empty tensor, which no graph computes. */
export type Computed =
  | { readonly output: number }
  | { readonly empty: { readonly shape: readonly number[]; readonly dtype: ElementType } };

/** A result of the function: one of its arguments, or a computed value. */
export type TraceResult = { readonly argument: number } | Computed;

/** A call of a function with placeholders as arguments. */
export interface Trace {
  readonly plan: Plan;
  /** The source of each leaf of the plan. */
  readonly sources: readonly Source[];
  /** The value of each leaf that is captured or a constant. */
  readonly owners: ReadonlyMap<Node, Value>;
  /** The array of each leaf that is a constant; valid until the next computation. */
  readonly arrays: ReadonlyMap<Node, Values>;
  /** The returned tree. Its tensors are disposed; only the structure is used. */
  readonly template: unknown;
  /** The result for each tensor of the template. */
  readonly results: readonly TraceResult[];
  /** Variables that the function assigned or created, with their new values. */
  readonly assigned: readonly { readonly variable: Variable; readonly value: Computed }[];
  /**
   * Whether the function made variables, as an optimizer does in its first call: the next call will
   * differ.
   */
  readonly hasCreated: boolean;
  readonly choices: readonly Choice[];
}

/**
 * Calls `f` with placeholders of the arguments' shapes. Nothing is computed, and no variable
 * changes.
 * @param moment of the call, from which its choices are made.
 */
export function trace(
  backend: OnnxBackend,
  argumentTensors: readonly Pick<TensorInfo, 'shape' | 'dtype'>[],
  f: (placeholders: readonly Tensor[], recorder: CallRecorder) => unknown,
  moment?: unknown,
): Trace {
  const { graph } = backend;
  const before = new Map(variables().map((variable) => [variable, variable.clone()]));
  const inputs = new Map<Node, Source>();
  const restore: (() => void)[] = [];
  const choices: Choice[] = [];
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
      const recorder: CallRecorder = {
        tensor(make, shape, dtype) {
          if (sizeOf(shape) === 0) return emptyTensor([], [...shape], dtype);
          const node = input(shape, dtype);
          inputs.set(node, { kind: 'made', make });
          return tensorOf(node);
        },
        choice(choose) {
          const chosen = choose(moment);
          choices.push({ choose, chosen });
          return chosen;
        },
      };
      try {
        const template = tidy(() => f(placeholders, recorder) as TensorContainer) as unknown;
        const found = collect(backend, template, before, inputs);
        // A captured tensor that the function returns is not disposed.
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
    return { ...result, plan, sources, owners, arrays, choices };
  } finally {
    for (const undo of restore) undo();
    for (const [variable, value] of before) {
      if (variable.dataId !== value.dataId) variable.assign(value);
      value.dispose();
    }
  }
}

/** The tensor's value, after computing it. */
export function valueOf({ graph, tensors }: OnnxBackend, { dataId }: TensorInfo): Value {
  return graph.ensureComputed(tensors.valueOf(tensors.get(dataId)));
}

const variables = (): Variable[] => Object.values(engine().registeredVariables);

/** Collects the results of the function, during the trace. */
function collect(
  backend: OnnxBackend,
  template: unknown,
  before: ReadonlyMap<Variable, Tensor>,
  inputs: ReadonlyMap<Node, Source>,
): Omit<Trace, 'plan' | 'sources' | 'owners' | 'arrays' | 'choices'> & { outputs: Node[] } {
  const { kernels } = backend;
  const places = new Map<Node, number>();
  const outputs: Node[] = [];
  const compute = (node: Node): Computed => {
    if (node.size === 0) return { empty: { shape: node.shape, dtype: node.dtype } };
    const known = places.get(node);
    if (known !== undefined) return { output: known };
    // An output that is an input of the graph needs a copy.
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
