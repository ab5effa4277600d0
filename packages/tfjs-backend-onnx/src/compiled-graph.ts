import { fromRuntime } from './errors';
import type { InPlace } from './graph/in-place';
import { findInPlace } from './graph/in-place';
import { encodeModel, nameOf } from './graph/model';
import type { Node } from './graph/node';
import type { Plan } from './graph/plan';
import { sizeOf } from './graph/types';
import { optimise } from './optimise/optimise';
import type { ResolvedOptions } from './options';
import { stopsCopies } from './run-into';
import type { NativeSession, RuntimeTensor } from './runtime';
import { loadRuntime } from './runtime';
import type { Result, Slot, Store, Stored } from './storage/store';

/** Below this many output elements over all operators, threads cost more than they bring. */
const SINGLE_THREAD_WORK = 50_000;

/** A plan turned into an ONNX Runtime session. */
export class CompiledGraph {
  /** Output elements over all operators: about what it keeps in memory between runs. */
  readonly work: number;
  private readonly session: NativeSession;
  private readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  private readonly inPlace: readonly InPlace[];
  private readonly operators: number;
  private readonly profiled: boolean;

  /** @param baked for each leaf, whether its present values become a constant of the model. */
  constructor(
    traced: Plan,
    private readonly baked: readonly boolean[],
    options: ResolvedOptions,
    private readonly store: Store,
  ) {
    const plan = optimise(traced, baked, store.rules);
    this.operators = plan.nodes.length;
    this.work = plan.nodes.reduce((sum, node) => sum + sizeOf(node.shape), 0);
    this.inputs = plan.leaves.map(slotOf);
    this.outputs = plan.outputs.map(slotOf);
    this.inPlace = (store.intoArrays ? findInPlace(plan) : []).map(({ output, leaves }) => ({
      output,
      leaves: leaves.filter((i) => baked[i] !== true),
    }));
    this.profiled = options.profile !== null;
    const constants = plan.leaves.map(({ values }, i) =>
      baked[i] === true ? store.read(values as Stored) : null,
    );
    const model = encodeModel(plan, constants, store.intoArrays && stopsCopies());
    this.session = new (loadRuntime().Session)();
    try {
      this.session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
        ...sessionOptions(options, this.work),
        ...store.sessionOptions(plan),
      });
    } catch (cause) {
      throw fromRuntime(cause, `compiling a graph of ${this.operators} operators`);
    }
  }

  /**
   * Computes the outputs into new values, or into the arrays of leaves that nobody holds any more;
   * those lose their values.
   * @param leaves by place; each holds values of its slot's type and size.
   * @param mayOverwrite false if something that is not part of this graph may still read them.
   */
  run(leaves: readonly Node[], mayOverwrite: boolean): Result[] {
    const feeds: Record<string, RuntimeTensor> = {};
    const taken = mayOverwrite ? this.memoryOfTheDead(leaves) : new Map<number, Node>();
    let results: Result[];
    try {
      this.inputs.forEach((slot, i) => {
        if (this.baked[i] === true) return;
        feeds[slot.name] = this.store.input(leaves[i] as Node, slot.shape);
      });
      const arrays = this.outputs.map((_, i) => taken.get(i)?.values ?? null);
      results = this.store.run(this.session, feeds, this.outputs, arrays);
    } catch (cause) {
      for (const leaf of taken.values()) leaf.overwritten = true;
      throw fromRuntime(cause, `computing a graph of ${this.operators} operators`);
    }
    for (const leaf of taken.values()) leaf.values = null;
    return results;
  }

  dispose(): void {
    if (this.profiled) this.session.endProfiling();
    this.store.close(this.session);
  }

  /** By output: the dead leaf whose memory it takes. */
  private memoryOfTheDead(leaves: readonly Node[]): Map<number, Node> {
    const taken = new Map<number, Node>();
    const used = new Set<number>();
    const shared = valuesOfSeveral(leaves);
    for (const { output, leaves: candidates } of this.inPlace) {
      const found = candidates.find((i) => {
        const leaf = leaves[i] as Node;
        if (shared.has(leaf.values as Stored)) return false;
        return leaf.owned && !leaf.shared && leaf.holders === 0 && !used.has(i);
      });
      if (found === undefined) continue;
      used.add(found);
      taken.set(output, leaves[found] as Node);
    }
    return taken;
  }
}

/**
 * Values that come in at several places, as two moments of an optimizer made from one tensor of
 * zeros: no place alone can tell when they have been read for the last time.
 */
function valuesOfSeveral(leaves: readonly Node[]): ReadonlySet<Stored> {
  const seen = new Set<Stored>();
  const several = new Set<Stored>();
  for (const { values } of leaves) {
    if (values === null) continue;
    if (seen.has(values)) several.add(values);
    seen.add(values);
  }
  return several;
}

const slotOf = (node: Node): Slot => ({
  name: nameOf(node),
  dtype: node.dtype,
  shape: node.shape,
  size: sizeOf(node.shape),
});

function sessionOptions(options: ResolvedOptions, work: number): Record<string, unknown> {
  return {
    intraOpNumThreads: work < SINGLE_THREAD_WORK ? 1 : options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    enableMemPattern: false,
    enableCpuMemArena: true,
    logSeverityLevel: 3,
    enableProfiling: options.profile !== null,
    profileFilePrefix: options.profile ?? '',
  };
}
