import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { dispose, engine } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import { OnnxBackendError } from '../errors';
import type { Program } from '../execution/executor';
import type { Node } from '../graph/node';
import { sameKey } from '../graph/plan';
import type { Values } from '../graph/types';
import { emptyValues } from '../graph/types';
import type { Value } from '../graph/value';
import type { Computed, Trace } from './trace';
import { valueOf } from './trace';
import { flatten, nextOf, rebuild } from './tree';

/** A function compiled for arguments of certain shapes. */
export class Specialisation {
  private readonly program: Program;
  /** By leaf: the value the function closes over, if it is an input of the program. */
  private readonly captured: readonly (Value | null)[];
  /** Constants as they were when the program was compiled, until another trace has confirmed them. */
  private unconfirmed: readonly (Values | null)[] | null;

  /** @param bake whether tensors the function closed over become constants of the program. */
  constructor(
    private readonly backend: OnnxBackend,
    private readonly trace: Trace,
    bake: boolean,
  ) {
    const { plan, sources, owners, arrays } = trace;
    const { graph } = backend;
    const isConstant = sources.map(
      ({ kind }) => kind === 'constant' || (bake && kind === 'captured'),
    );
    this.program = graph.compile(plan, isConstant);
    this.unconfirmed = plan.leaves.map((leaf) => arrays.get(leaf)?.slice() ?? null);
    this.captured = plan.leaves.map((leaf, i) =>
      isConstant[i] === true ? null : (owners.get(leaf) ?? null),
    );
    for (const value of this.captured) if (value !== null) graph.values.hold(value);
  }

  get isConfirmed(): boolean {
    return this.unconfirmed === null;
  }

  /**
   * Compares a second trace with the first: what differs between two calls would stay as it was
   * in the first from now on.
   * @throws OnnxBackendError `jit` if they are not the same.
   */
  confirm(again: Trace): void {
    if (!sameKey(again.plan.key, this.trace.plan.key)) {
      throw impure('calls other operations, or has other outputs,');
    }
    if (returns(again) !== returns(this.trace)) throw impure('returns something else');
    if (again.assigned.some(({ variable }, i) => variable !== this.trace.assigned[i]?.variable)) {
      throw impure('assigns other variables');
    }
    again.plan.leaves.forEach((leaf, i) => {
      const kind = again.sources[i]?.kind;
      const first = this.trace.plan.leaves[i] as Node;
      if (kind === 'captured' && again.owners.get(leaf) !== this.trace.owners.get(first)) {
        throw impure(`closes over another tensor of shape [${leaf.shape.join()}]`);
      }
      if (kind === 'constant' && !equal(again.arrays.get(leaf), this.unconfirmed?.[i])) {
        throw impure(`makes other values of shape [${leaf.shape.join()}]`);
      }
    });
    this.unconfirmed = null;
  }

  /** Runs it with these arguments; those in `donated` (by place) are disposed of. */
  run(tensors: readonly Tensor[], donated: readonly number[]): unknown {
    const { backend, trace } = this;
    const passed = new Map<number, Tensor>();
    for (const result of trace.results) {
      if (!('argument' in result) || passed.has(result.argument)) continue;
      passed.set(result.argument, (tensors[result.argument] as Tensor).clone());
    }
    let values: Value[];
    try {
      values = backend.graph.run(this.program, trace.plan, () => {
        const inputs = this.inputsFor(tensors);
        for (const place of donated) tensors[place]?.dispose();
        return inputs;
      });
    } catch (error) {
      dispose([...passed.values()]);
      throw error;
    }
    const tensorOf = (computed: Computed): Tensor => {
      if ('output' in computed) {
        const value = values[computed.output] as Value;
        const info = backend.tensors.give(value, value.node.shape);
        return engine().makeTensorFromTensorInfo(info, backend);
      }
      const { shape, dtype } = computed.empty;
      const info = backend.kernels.literal(emptyValues(dtype, 0), shape, dtype as DataType);
      return engine().makeTensorFromTensorInfo(info, backend);
    };
    for (const { variable, value } of trace.assigned) {
      const tensor = tensorOf(value);
      variable.assign(tensor);
      tensor.dispose();
    }
    const results = trace.results.map((result) =>
      'argument' in result ? (passed.get(result.argument) as Tensor) : tensorOf(result),
    );
    return rebuild(trace.template, nextOf(results));
  }

  dispose(): void {
    const { graph } = this.backend;
    graph.discard(this.program);
    for (const value of this.captured) if (value !== null) graph.values.release(value);
  }

  private inputsFor(tensors: readonly Tensor[]): (Value | null)[] {
    return this.trace.sources.map((source, i) => {
      if (source.kind === 'argument') return valueOf(this.backend, tensors[source.place] as Tensor);
      if (source.kind === 'variable') return valueOf(this.backend, source.variable);
      return this.captured[i] ?? null;
    });
  }
}

/** What a function gave back, but for the values of its tensors. */
const returns = ({ template, results, assigned }: Trace): string =>
  JSON.stringify([
    flatten(template, 'the result').signature,
    results,
    assigned.map(({ value }) => value),
  ]);

function equal(a: Values | undefined, b: Values | null | undefined): boolean {
  if (a?.length !== b?.length) return false;
  return a?.every((value, i) => Object.is(value, b?.[i])) ?? true;
}

function impure(what: string): OnnxBackendError {
  return new OnnxBackendError(
    'jit',
    `jit: the function ${what} in its second call than in its first. What is not an argument ` +
      'would stay as it was in the first call: pass what varies (a rate, a step, random values, ' +
      'a batch) as an argument, as a tensor.',
  );
}
