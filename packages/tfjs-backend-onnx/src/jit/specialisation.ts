import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { dispose, engine } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import { OnnxBackendError } from '../errors';
import type { CompileHints, Program } from '../execution/executor';
import type { Node } from '../graph/node';
import { sameKey } from '../graph/plan';
import type { Values } from '../graph/types';
import { classOf, emptyValues } from '../graph/types';
import type { Value } from '../graph/value';
import type { Computed, Trace } from './trace';
import { valueOf } from './trace';
import { flatten, nextOf, rebuild } from './tree';

/** For each leaf of a trace, whether its numbers are constants of the program. */
export function constantsOf({ sources }: Trace, bake: boolean): boolean[] {
  return sources.map(({ kind }) => kind === 'constant' || (bake && kind === 'captured'));
}

/** A function that is compiled for one combination of shapes. */
export class Specialisation {
  private readonly program: Program;
  /** For each leaf, the captured value, if the leaf is a captured input of the program. */
  private readonly captured: readonly (Value | null)[];
  /** The constants at the time of compilation, until a second trace has confirmed them. */
  private unconfirmed: readonly (Values | null)[] | null;

  /** @param bake whether captured tensors become constants of the program. */
  constructor(
    private readonly backend: OnnxBackend,
    private readonly trace: Trace,
    bake: boolean,
    hints?: CompileHints,
  ) {
    const { plan, owners, arrays } = trace;
    const { graph } = backend;
    const isConstant = constantsOf(trace, bake);
    this.program = graph.compile(plan, isConstant, hints);
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
   * Compares a second trace with the first. A difference means that the compiled graph would freeze
   * a value that varies. @throws OnnxBackendError `jit` if the traces differ.
   */
  confirm(again: Trace): void {
    if (!sameKey(again.plan.key, this.trace.plan.key)) {
      throw impure('calls different operations, or has different outputs,');
    }
    if (returns(again) !== returns(this.trace)) throw impure('returns a different structure');
    if (again.choices.length !== this.trace.choices.length) throw impure('makes other choices');
    if (again.assigned.some(({ variable }, i) => variable !== this.trace.assigned[i]?.variable)) {
      throw impure('assigns different variables');
    }
    again.plan.leaves.forEach((leaf, i) => {
      const kind = again.sources[i]?.kind;
      if (kind !== this.trace.sources[i]?.kind) throw impure('has other inputs');
      const first = this.trace.plan.leaves[i] as Node;
      if (kind === 'captured' && again.owners.get(leaf) !== this.trace.owners.get(first)) {
        throw impure(`closes over a different tensor of shape [${leaf.shape.join()}]`);
      }
      if (kind === 'constant' && !equal(again.arrays.get(leaf), this.unconfirmed?.[i])) {
        throw impure(`makes different values of shape [${leaf.shape.join()}]`);
      }
    });
    this.unconfirmed = null;
  }

  /** Whether a call of this moment makes the choices with which the graph was traced. */
  suits(moment: unknown): boolean {
    return this.trace.choices.every(({ choose, chosen }) => Object.is(choose(moment), chosen));
  }

  /**
   * Runs the program with these tensors; the tensors with indices in `donated` are disposed.
   * @param moment from which the arrays are made that differ from call to call.
   */
  run(tensors: readonly Tensor[], donated: readonly number[], moment: unknown): unknown {
    const { backend, trace } = this;
    const made = trace.sources.map((source, i) =>
      source.kind === 'made'
        ? this.madeFor(trace.plan.leaves[i] as Node, source.make(moment))
        : null,
    );
    const passed = new Map<number, Tensor>();
    for (const result of trace.results) {
      if (!('argument' in result) || passed.has(result.argument)) continue;
      passed.set(result.argument, (tensors[result.argument] as Tensor).clone());
    }
    let values: Value[];
    try {
      values = backend.graph.run(this.program, trace.plan, () => {
        const inputs = this.inputsFor(tensors, made);
        for (const place of donated) tensors[place]?.dispose();
        // Values made for this call are needed by no tensor, so the program may write over their memory.
        // The graph frees it after the run.
        inputs.forEach((value, i) => {
          if (value !== null && made[i] !== null) backend.graph.values.release(value);
        });
        return inputs;
      });
    } catch (error) {
      dispose([...passed.values()]);
      throw error;
    }
    const tensorOf = (computed: Computed): Tensor => {
      if ('output' in computed) {
        const value = values[computed.output] as Value;
        const info = backend.tensors.give(value, value.shown.shape);
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

  private inputsFor(
    tensors: readonly Tensor[],
    made: readonly (Values | null)[],
  ): (Value | null)[] {
    const { graph } = this.backend;
    return this.trace.sources.map((source, i) => {
      const array = made[i] ?? null;
      if (array !== null) {
        const { shape, dtype } = this.trace.plan.leaves[i] as Node;
        const value = graph.values.write(array, { shape, dtype, trace: null }, true);
        // Held until all inputs are there: making one may free what nothing holds.
        graph.values.hold(value);
        return value;
      }
      if (source.kind === 'argument') return valueOf(this.backend, tensors[source.place] as Tensor);
      if (source.kind === 'variable') return valueOf(this.backend, source.variable);
      return this.captured[i] ?? null;
    });
  }

  /** An array of a leaf's size that belongs to the graph. @throws OnnxBackendError `jit` for another. */
  private madeFor({ shape, dtype, size }: Node, array: Values): Values {
    if (array.length === size && array instanceof classOf(dtype)) {
      const own = this.backend.graph.allocate(dtype, size);
      own.set(array);
      return own;
    }
    throw new OnnxBackendError(
      'jit',
      `jit: an array that is made for each call should have ${size} numbers of type ${dtype} for ` +
        `shape [${shape.join()}]; got a ${array.constructor.name} of ${array.length}.`,
    );
  }
}

/** A text for the structure of a function's result, without the values of tensors. */
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
    `jit: the function ${what} in its second call than in its first. A value that is not an argument ` +
      'would keep its value of the first call: pass values that vary (a rate, a step, random values, ' +
      'a batch) as tensor arguments.',
  );
}
