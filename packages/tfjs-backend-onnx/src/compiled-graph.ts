import { fromRuntime } from './errors';
import type { InPlace } from './graph/in-place';
import { findInPlace } from './graph/in-place';
import { encodeModel, nameOf } from './graph/model';
import type { Node } from './graph/node';
import type { Plan } from './graph/plan';
import type { ElementType, Values } from './graph/types';
import { sameShape, sizeOf } from './graph/types';
import { optimise } from './optimise/optimise';
import type { ResolvedOptions } from './options';
import type { BufferPool } from './pool';
import { runInto, stopsCopies } from './run-into';
import type { NativeSession, RuntimeTensor } from './runtime';
import { loadRuntime } from './runtime';

/** Below this many output elements over all operators, threads cost more than they bring. */
const SINGLE_THREAD_WORK = 50_000;

/** A computed value: the array, and the same wrapped for ONNX Runtime. */
export interface Result {
  readonly values: Values;
  readonly tensor: RuntimeTensor;
}

/** What goes into a compiled graph at one place, or comes out. */
export interface Slot {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly size: number;
}

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
  private hasRun = false;

  /** @param baked for each leaf, whether its present values become a constant of the model. */
  constructor(
    traced: Plan,
    private readonly baked: readonly boolean[],
    options: ResolvedOptions,
  ) {
    const plan = optimise(traced, baked);
    this.operators = plan.nodes.length;
    this.work = plan.nodes.reduce((sum, node) => sum + sizeOf(node.shape), 0);
    this.inputs = plan.leaves.map(slotOf);
    this.outputs = plan.outputs.map(slotOf);
    this.inPlace = findInPlace(plan).map(({ output, leaves }) => ({
      output,
      leaves: leaves.filter((i) => baked[i] !== true),
    }));
    this.profiled = options.profile !== null;
    const model = encodeModel(plan, baked, stopsCopies());
    this.session = new (loadRuntime().Session)();
    try {
      this.session.loadModel(
        model.buffer,
        model.byteOffset,
        model.byteLength,
        sessionOptions(options, this.work),
      );
    } catch (cause) {
      throw fromRuntime(cause, `compiling a graph of ${this.operators} operators`);
    }
  }

  /**
   * Computes the outputs into arrays of the pool, or into the memory of leaves that nobody holds
   * any more; those lose their values.
   * @param leaves by place; each holds values of its slot's type and size.
   */
  run(leaves: readonly Node[], pool: BufferPool): Result[] {
    const { Tensor } = loadRuntime();
    const feeds: Record<string, RuntimeTensor> = {};
    this.inputs.forEach((slot, i) => {
      if (this.baked[i] !== true) feeds[slot.name] = tensorOf(leaves[i] as Node, slot.shape);
    });
    const taken = this.hasRun ? this.memoryOfTheDead(leaves) : new Map<number, Node>();
    const fetches: Record<string, RuntimeTensor> = {};
    const results = this.outputs.map(({ name, dtype, shape, size }, i) => {
      const values = taken.get(i)?.values ?? pool.take(dtype, size);
      const tensor = new Tensor(dtype, values, shape);
      fetches[name] = tensor;
      return { values, tensor };
    });
    try {
      runInto(this.session, feeds, fetches);
    } catch (cause) {
      for (const leaf of taken.values()) leaf.overwritten = true;
      throw fromRuntime(cause, `computing a graph of ${this.operators} operators`);
    }
    this.hasRun = true;
    for (const leaf of taken.values()) leaf.values = null;
    return results;
  }

  dispose(): void {
    if (this.profiled) this.session.endProfiling();
    this.session.dispose();
  }

  /** By output: the dead leaf whose memory it takes. */
  private memoryOfTheDead(leaves: readonly Node[]): Map<number, Node> {
    const taken = new Map<number, Node>();
    const used = new Set<number>();
    for (const { output, leaves: candidates } of this.inPlace) {
      const found = candidates.find((i) => {
        const leaf = leaves[i] as Node;
        return leaf.owned && !leaf.shared && leaf.holders === 0 && !used.has(i);
      });
      if (found === undefined) continue;
      used.add(found);
      taken.set(output, leaves[found] as Node);
    }
    return taken;
  }
}

const slotOf = (node: Node): Slot => ({
  name: nameOf(node),
  dtype: node.dtype,
  shape: node.shape,
  size: sizeOf(node.shape),
});

/** The leaf's values in the shape the model expects, wrapped once if that is the leaf's own. */
function tensorOf(leaf: Node, shape: readonly number[]): RuntimeTensor {
  const { Tensor } = loadRuntime();
  const values = leaf.values as Values;
  if (!sameShape(leaf.shape, shape)) return new Tensor(leaf.dtype, values, shape);
  leaf.tensor ??= new Tensor(leaf.dtype, values, shape);
  return leaf.tensor;
}

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
