import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { dispose, engine } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { CompiledGraph } from '../compiled-graph';
import { OnnxBackendError } from '../errors';
import type { Node } from '../graph/node';
import { sameKey } from '../graph/plan';
import type { Values } from '../graph/types';
import { emptyValues } from '../graph/types';
import type { Computed, Trace } from './trace';
import { flatten, nextOf, rebuild } from './tree';

/** A function compiled for arguments of certain shapes. */
export class Specialisation {
  private readonly graph: CompiledGraph;
  private readonly held: readonly Node[];
  /** Constants as they were when the graph was compiled, until another trace has confirmed them. */
  private unconfirmed: readonly (Values | null)[] | null;

  /** @param bake whether tensors the function closed over become constants of the graph. */
  constructor(
    private readonly backend: OnnxBackend,
    private readonly trace: Trace,
    bake: boolean,
  ) {
    const { plan, sources } = trace;
    const baked = sources.map(({ kind }) => kind === 'constant' || (bake && kind === 'captured'));
    this.graph = backend.compile(plan, baked);
    this.unconfirmed = plan.leaves.map((leaf, i) =>
      sources[i]?.kind === 'constant' ? (leaf.values as Values).slice() : null,
    );
    this.held = plan.leaves
      .filter((_, i) => sources[i]?.kind === 'captured' && baked[i] !== true)
      .map(ownerOf);
    for (const node of this.held) backend.hold(node);
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
      if (kind === 'captured' && ownerOf(leaf) !== ownerOf(first)) {
        throw impure(`closes over another tensor of shape [${leaf.shape.join()}]`);
      }
      if (kind === 'constant' && !equal(leaf.values as Values | null, this.unconfirmed?.[i])) {
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
    let nodes: Node[];
    try {
      nodes = backend.runGraph(this.graph, () => {
        const leaves = this.leavesFor(tensors);
        for (const place of donated) tensors[place]?.dispose();
        return leaves;
      });
    } catch (error) {
      dispose([...passed.values()]);
      throw error;
    }
    const tensorOf = (computed: Computed): Tensor => {
      if ('output' in computed) {
        const info = backend.output(nodes[computed.output] as Node);
        return engine().makeTensorFromTensorInfo(info, backend);
      }
      const { shape, dtype } = computed.empty;
      const info = backend.literal(emptyValues(dtype, 0), shape, dtype as DataType);
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
    this.backend.discard(this.graph);
    for (const node of this.held) this.backend.release(node);
  }

  private leavesFor(tensors: readonly Tensor[]): Node[] {
    return this.trace.plan.leaves.map((leaf, i) => {
      const source = this.trace.sources[i];
      if (source?.kind === 'argument') {
        return this.backend.valueNode(tensors[source.place] as Tensor);
      }
      return source?.kind === 'variable' ? this.backend.valueNode(source.variable) : leaf;
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

const ownerOf = (leaf: Node): Node => leaf.source ?? leaf;

function equal(a: Values | null, b: Values | null | undefined): boolean {
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
