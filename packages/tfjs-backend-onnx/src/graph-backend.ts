import type { DataType } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { CompiledGraph } from './compiled-graph';
import { OnnxBackendError } from './errors';
import type { ExecutorStatistics } from './executor';
import { Executor } from './executor';
import { GraphBuilder } from './graph-builder';
import type { Node } from './graph/node';
import { leaf, settle } from './graph/node';
import type { Plan } from './graph/plan';
import { makePlan } from './graph/plan';
import type { ElementType, Values } from './graph/types';
import { sameShape } from './graph/types';
import type { OnnxBackendOptions, ResolvedOptions } from './options';
import { resolveOptions } from './options';
import { BufferPool } from './pool';
import { loadRuntime } from './runtime';
import { openStore } from './storage/open-store';
import type { Result, Slot, Store, Stored } from './storage/store';

/** A pending graph of as many operators is run when the program awaits something. */
const MIN_TURN = 100;
/** Bytes written from JS that a pending graph may hold before it is run. */
const MAX_PENDING_BYTES = 2 ** 30;

/** What `tf.memory()` adds to tfjs's own figures on this backend. */
export interface OnnxMemoryInfo {
  unreliable: boolean;
  /** Bytes of values held for tensors, and of dead tensors kept for reuse. */
  numBytesHeld: number;
  numBytesPooled: number;
  /** Bytes of values on the provider's device; 0 where values live in arrays. */
  numBytesOnDevice: number;
  /** Operators traced but not run yet. */
  numPending: number;
  numSessions: number;
}

/** When the graph that grows while tfjs runs kernels is computed, and what it is kept in. */
export abstract class GraphBackend extends GraphBuilder {
  protected readonly pool: BufferPool;
  private readonly options: ResolvedOptions;
  private readonly storage: Store;
  private readonly executor: Executor;
  private pendingBytes = 0;
  private dead: Node[] = [];
  /** Counts pending graphs: what a node remembers of one is void in the next. */
  private epoch = 0;
  private heldBytes = 0;
  private turnIsDue = false;
  /** True from a run of everything that failed until one that does not. */
  private hasFailed = false;

  constructor(options: OnnxBackendOptions) {
    super();
    this.options = resolveOptions(options);
    loadRuntime();
    this.pool = new BufferPool(this.options.maxPooledBytes);
    this.storage = openStore(this.options.provider, this.pool);
    this.executor = new Executor(this.options, this.storage);
  }

  /** Sessions compiled (and recompiled because a constant varied) and graphs run so far. */
  get statistics(): Readonly<ExecutorStatistics> {
    return this.executor.statistics;
  }

  override memory(): OnnxMemoryInfo {
    return {
      unreliable: false,
      numBytesHeld: this.heldBytes,
      numBytesPooled: this.pool.bytes,
      numBytesOnDevice: this.storage.deviceBytes,
      numPending: this.pending.length,
      numSessions: this.executor.sessions,
    };
  }

  override timerAvailable(): boolean {
    return true;
  }

  /** Runs what `f` traces, so that the time is that of the work and not of the tracing alone. */
  override time(f: () => void): Promise<{ kernelMs: number }> {
    this.flush();
    this.storage.finish();
    const start = util.now();
    f();
    this.flush();
    this.storage.finish();
    return Promise.resolve({ kernelMs: util.now() - start });
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    this.executor.dispose();
    this.storage.dispose();
    this.pending = [];
    this.dead = [];
  }

  /** Called before each kernel: runs the pending graph when it has grown past its bound. */
  bound(): void {
    if (this.trace !== null) return;
    this.awaitTurn();
    if (this.pending.length >= this.options.maxPending || this.pendingBytes > MAX_PENDING_BYTES) {
      this.flush();
    }
  }

  /**
   * A loop that awaits between its steps, but reads nothing, is run where it awaits: that cuts it
   * into graphs that are alike, where its bound would cut it anywhere.
   */
  private awaitTurn(): void {
    if (this.turnIsDue) return;
    this.turnIsDue = true;
    queueMicrotask(() => {
      this.turnIsDue = false;
      if (this.pending.length < MIN_TURN || this.hasFailed || this.isTracing) return;
      try {
        this.flush();
      } catch {
        // Nobody has asked for these values yet; whoever does gets the error.
      }
    });
  }

  /** Computes every tensor that is alive. */
  flush(): void {
    this.refuseReading();
    // Once something has failed, nothing is written over what is needed to try again.
    const mayOverwrite = !this.hasFailed;
    this.hasFailed = true;
    const wanted = this.pending.filter((node) => node.holders > 0 && node.values === null);
    this.execute(wanted, mayOverwrite);
    this.hasFailed = false;
    this.pending = [];
    this.pendingBytes = 0;
    this.epoch++;
    this.recycle();
  }

  /**
   * Calls `f` and returns its result with the operators it added to the graph, of which none is
   * run. What was pending before is run first.
   */
  traced<T>(f: () => T): { readonly result: T; readonly nodes: readonly Node[] } {
    this.flush();
    this.trace = {};
    this.traceStart = this.sequence;
    try {
      return { result: f(), nodes: this.pending };
    } finally {
      this.trace = null;
      this.pending = [];
      this.pendingBytes = 0;
      this.epoch++;
    }
  }

  /** Compiles a graph for the caller to keep, until `discard` or the end of the backend. */
  compile(plan: Plan, baked: readonly boolean[]): CompiledGraph {
    return this.executor.lend(plan, baked);
  }

  discard(graph: CompiledGraph): void {
    this.executor.discard(graph);
  }

  /** Runs a compiled graph, whatever is pending first. */
  runGraph(graph: CompiledGraph, leaves: () => readonly Node[]): Node[] {
    this.flush();
    return this.executor.runGraph(graph, leaves()).map(({ values, tensor }, i) => {
      const { shape, dtype } = graph.outputs[i] as Slot;
      const node = leaf(values, shape, dtype);
      settle(node, values, tensor);
      return node;
    });
  }

  /** The node's values, computed now if need be. They still belong to the backend. */
  valuesOf(node: Node): Values {
    this.refuseEscaped(node);
    if (node.values === null) this.compute(node);
    return this.storage.read(node.values as unknown as Stored);
  }

  /** A leaf of values that came from outside; the array is taken over. */
  protected adopt(values: Values, shape: readonly number[], dtype: DataType): Node {
    const node = leaf(values, shape, dtype as ElementType);
    node.trace = this.trace;
    node.owned = true;
    this.pendingBytes += values.byteLength;
    return node;
  }

  /** Counts one more holder of the node: its values, which may be another node's, are kept. */
  hold(node: Node): void {
    if (node.source !== null) this.hold(node.source);
    else if (node.holders === 0 && node.values !== null) this.heldBytes += node.values.byteLength;
    node.holders++;
  }

  /** Counts one holder less; without any, the values may be recycled. */
  release(node: Node): void {
    node.holders--;
    if (node.source !== null) {
      this.release(node.source);
      return;
    }
    if (node.holders > 0 || node.values === null) return;
    this.heldBytes -= node.values.byteLength;
    if (node.owned) this.dead.push(node);
  }

  /** The node under another shape, the same one each time within a pending graph. */
  protected viewOf(node: Node, shape: readonly number[]): Node {
    const cached = node.viewEpoch === this.epoch ? node.view : null;
    if (cached !== null && sameShape(cached.shape, shape)) return cached;
    let view: Node;
    if (node.values === null) {
      view = this.reshape(node, shape);
    } else {
      // No operator is needed: the values enter the graph in this shape.
      view = leaf(node.values, shape, node.dtype);
      view.constant = node.constant;
      view.trace = node.trace;
      view.source = node.source ?? node;
      node.shared = true;
    }
    node.view = view;
    node.viewEpoch = this.epoch;
    return view;
  }

  private compute(node: Node): void {
    try {
      this.flush();
    } catch (error) {
      // Another tensor's operator may be at fault: this one alone may still work.
      this.execute([node], false, error);
    }
  }

  private execute(wanted: readonly Node[], mayOverwrite: boolean, failure?: unknown): void {
    if (wanted.length === 0) return;
    const plan = makePlan(this.pending, wanted);
    let results: Result[];
    try {
      if (plan.leaves.some((leaf) => leaf.overwritten)) throw lostValues();
      results = this.executor.run(plan, mayOverwrite);
    } catch (error) {
      throw failure ?? error;
    }
    wanted.forEach((node, i) => {
      const { values, tensor } = results[i] as Result;
      settle(node, values, tensor);
      this.heldBytes += values.byteLength;
    });
  }

  /** After a full run no graph refers to dead tensors any more: their arrays are free. */
  private recycle(): void {
    for (const node of this.dead) {
      if (node.holders > 0 || node.values === null) continue;
      this.storage.give(node.dtype, node.values);
      node.values = null;
      node.tensor = null;
    }
    this.dead = [];
  }
}

function lostValues(): OnnxBackendError {
  return new OnnxBackendError(
    'runtime',
    'The values this needs are lost: a graph that failed had begun to write its results over ' +
      'tensors that were disposed of. Dispose of what was not computed and start from tensors ' +
      'that are still held.',
  );
}
