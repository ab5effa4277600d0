import { OnnxBackendError, fromRuntime } from './errors';
import { encodeModel, nameOf } from './graph/model';
import type { Node } from './graph/node';
import type { Plan } from './graph/plan';
import { sameKey } from './graph/plan';
import type { Values } from './graph/types';
import { sizeOf } from './graph/types';
import type { ResolvedOptions } from './options';
import type { BufferPool } from './pool';
import type { NativeSession, RuntimeTensor } from './runtime';
import { runInto, stopsCopies } from './run-into';
import { loadRuntime } from './runtime';

/** After this many constants turned out to vary, every constant of the graph becomes an input. */
const MAX_RECOMPILES = 4;
/** Below this many output elements over all operators, threads cost more than they bring. */
const SINGLE_THREAD_WORK = 50_000;

/** Of the 4 bytes an element takes, how many are needed at once: most values are short-lived. */
const BYTES_KEPT = 1.5;

interface Compiled {
  readonly key: Int32Array;
  session: NativeSession;
  /** By leaf: the values that were built into the model, or null if the leaf is an input. */
  baked: (Values | null)[];
  recompiles: number;
  /** About what its intermediate values need, which ONNX Runtime keeps for the next run. */
  readonly bytes: number;
  readonly leafNames: readonly string[];
  readonly outputNames: readonly string[];
}

export interface ExecutorStatistics {
  /** Sessions created so far, how many of them because a constant varied, and graphs run. */
  compiles: number;
  recompiles: number;
  runs: number;
}

/** Compiles plans into ONNX Runtime sessions, keeps the latest used, and runs them. */
export class Executor {
  private readonly cache = new Map<number, Compiled[]>();
  private readonly order: Set<Compiled> = new Set();
  private bytes = 0;
  readonly statistics: ExecutorStatistics = { compiles: 0, recompiles: 0, runs: 0 };

  constructor(
    private readonly options: ResolvedOptions,
    private readonly pool: BufferPool,
  ) {}

  get sessions(): number {
    return this.order.size;
  }

  /** Computes the plan's outputs into arrays of the pool. Nothing changes if it throws. */
  run(plan: Plan): Values[] {
    const compiled = this.lookup(plan);
    const { Tensor } = loadRuntime();
    const feeds: Record<string, RuntimeTensor> = {};
    plan.leaves.forEach((leaf, i) => {
      if (compiled.baked[i] !== null) return;
      leaf.tensor ??= new Tensor(leaf.dtype, leaf.values as Values, leaf.shape);
      feeds[compiled.leafNames[i] as string] = leaf.tensor;
    });
    const fetches: Record<string, RuntimeTensor> = {};
    const outputs = plan.outputs.map((node, i) => {
      const values = this.pool.take(node.dtype, sizeOf(node.shape));
      fetches[compiled.outputNames[i] as string] = new Tensor(node.dtype, values, node.shape);
      return values;
    });
    try {
      runInto(compiled.session, feeds, fetches);
    } catch (cause) {
      throw fromRuntime(cause, `computing a graph of ${plan.nodes.length} operators`);
    }
    this.statistics.runs++;
    plan.outputs.forEach((node, i) => {
      node.tensor = fetches[compiled.outputNames[i] as string] ?? null;
    });
    return outputs;
  }

  dispose(): void {
    for (const compiled of this.order) this.close(compiled.session);
    this.order.clear();
    this.cache.clear();
    this.bytes = 0;
  }

  private lookup(plan: Plan): Compiled {
    const bucket = this.cache.get(plan.hash);
    const found = bucket?.find((entry) => sameKey(entry.key, plan.key));
    if (found === undefined) return this.add(plan);
    this.order.delete(found);
    this.order.add(found);
    this.promote(found, plan);
    return found;
  }

  private add(plan: Plan): Compiled {
    const baked = plan.leaves.map((leaf) =>
      leaf.constant ? (leaf.values as Values).slice() : null,
    );
    const compiled: Compiled = {
      key: plan.key,
      session: this.compile(plan, baked),
      baked,
      recompiles: 0,
      bytes: elementsOf(plan) * BYTES_KEPT,
      leafNames: plan.leaves.map(nameOf),
      outputNames: plan.outputs.map(nameOf),
    };
    const bucket = this.cache.get(plan.hash);
    if (bucket === undefined) this.cache.set(plan.hash, [compiled]);
    else bucket.push(compiled);
    this.order.add(compiled);
    this.bytes += compiled.bytes;
    while (this.isFull()) this.evict();
    return compiled;
  }

  /** Constants that differ from the ones built in become inputs, at the price of a recompile. */
  private promote(compiled: Compiled, plan: Plan): void {
    const varied = compiled.baked.map(
      (values, i) => values !== null && !equalValues(values, plan.leaves[i] as Node),
    );
    if (!varied.includes(true)) return;
    const all = compiled.recompiles >= MAX_RECOMPILES;
    const baked = compiled.baked.map((values, i) => (all || varied[i] === true ? null : values));
    const session = this.compile(plan, baked);
    this.close(compiled.session);
    compiled.session = session;
    compiled.baked = baked;
    compiled.recompiles++;
    this.statistics.recompiles++;
  }

  private compile(plan: Plan, baked: readonly (Values | null)[]): NativeSession {
    const model = encodeModel(
      plan,
      baked.map((values) => values !== null),
      stopsCopies(),
    );
    const work = elementsOf(plan);
    const session = new (loadRuntime().Session)();
    try {
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
        intraOpNumThreads: work < SINGLE_THREAD_WORK ? 1 : this.options.threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        enableMemPattern: true,
        enableCpuMemArena: true,
        logSeverityLevel: 3,
        enableProfiling: this.options.profile !== null,
        profileFilePrefix: this.options.profile ?? '',
      });
    } catch (cause) {
      throw fromRuntime(cause, `compiling a graph of ${plan.nodes.length} operators`);
    }
    this.statistics.compiles++;
    return session;
  }

  private close(session: NativeSession): void {
    if (this.options.profile !== null) session.endProfiling();
    session.dispose();
  }

  private isFull(): boolean {
    const { cacheSize, maxSessionBytes } = this.options;
    return this.order.size > cacheSize || (this.order.size > 1 && this.bytes > maxSessionBytes);
  }

  private evict(): void {
    const [oldest] = this.order;
    if (oldest === undefined) throw new OnnxBackendError('disposed', 'The cache is empty.');
    this.close(oldest.session);
    this.order.delete(oldest);
    this.bytes -= oldest.bytes;
    for (const [hash, bucket] of this.cache) {
      const kept = bucket.filter((entry) => entry !== oldest);
      if (kept.length === 0) this.cache.delete(hash);
      else if (kept.length < bucket.length) this.cache.set(hash, kept);
    }
  }
}

function elementsOf(plan: Plan): number {
  return plan.nodes.reduce((sum, node) => sum + sizeOf(node.shape), 0);
}

function equalValues(baked: Values, leaf: Node): boolean {
  const values = leaf.values as Values;
  for (let i = 0; i < baked.length; i++) if (!Object.is(baked[i], values[i])) return false;
  return true;
}
