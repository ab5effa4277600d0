import type { DataType } from '@tensorflow/tfjs-core';
import { KernelBackend, util } from '@tensorflow/tfjs-core';
import type { CompiledGraph } from './compiled-graph';
import { OnnxBackendError } from './errors';
import type { ExecutorStatistics } from './executor';
import { Executor } from './executor';
import { Node, leaf, settle } from './graph/node';
import type { Plan } from './graph/plan';
import { makePlan } from './graph/plan';
import type { Attributes, ElementType, Values } from './graph/types';
import { ELEMENT_CODE, emptyValues, sameShape, sizeOf } from './graph/types';
import type { OnnxBackendOptions, ResolvedOptions } from './options';
import { resolveOptions } from './options';
import { BufferPool } from './pool';
import { loadRuntime } from './runtime';
import { openStore } from './storage/open-store';
import type { Result, Slot, Store, Stored } from './storage/store';

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

/** The graph that grows while tfjs runs kernels, and its execution. */
export abstract class GraphBackend extends KernelBackend {
  protected readonly pool: BufferPool;
  /** Counts operators and writes. */
  protected sequence = 0;
  private readonly options: ResolvedOptions;
  private readonly storage: Store;
  private readonly executor: Executor;
  private pending: Node[] = [];
  private pendingBytes = 0;
  private dead: Node[] = [];
  /** Counts pending graphs: what a node remembers of one is void in the next. */
  private epoch = 0;
  private heldBytes = 0;
  /** The trace that is under way, and the count of operators and writes when it began. */
  protected trace: object | null = null;
  protected traceStart = 0;

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

  /** Adds an operator. `shape` and `dtype` are those of its (first) output. */
  op(
    op: string,
    inputs: readonly Node[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Attributes | null = null,
    integers: readonly (readonly number[])[] | null = null,
    outputs = 1,
  ): Node {
    if (outputs === 1 && sizeOf(shape) === 0) return leaf(emptyValues(dtype, 0), shape, dtype);
    const node = new Node(op, inputs, shape, dtype, attributes, integers, outputs);
    node.trace = this.trace;
    this.pending.push(node);
    this.sequence++;
    return node;
  }

  /** A number that belongs to the structure of the graph. */
  scalar(value: number, dtype: ElementType = 'float32'): Node {
    return this.op('@const', [], [], dtype, { value: { f: value } });
  }

  /** A one-dimensional list of integers that belongs to the structure of the graph. */
  integers(values: readonly number[]): Node {
    return this.op('@const', [], [values.length], 'int64', { value: values });
  }

  /** Values a kernel knows while tracing; built into the graph as long as they stay the same. */
  constant(values: Values, shape: readonly number[], dtype: ElementType): Node {
    const node = leaf(values, shape, dtype);
    node.trace = this.trace;
    node.seen = true;
    node.constant = true;
    return node;
  }

  reshape(node: Node, shape: readonly number[]): Node {
    if (sameShape(node.shape, shape)) return node;
    const source = node.op === 'Reshape' && node.values === null ? node.inputs[0] : undefined;
    return source === undefined
      ? this.op('Reshape', [node], shape, node.dtype, null, [shape])
      : this.reshape(source, shape);
  }

  cast(node: Node, dtype: ElementType): Node {
    if (node.dtype === dtype) return node;
    return this.op('Cast', [node], node.shape, dtype, { to: ELEMENT_CODE[dtype] });
  }

  /** Called before each kernel: runs the pending graph when it has grown past its bound. */
  bound(): void {
    if (this.trace !== null) return;
    if (this.pending.length >= this.options.maxPending || this.pendingBytes > MAX_PENDING_BYTES) {
      this.flush();
    }
  }

  /** Computes every tensor that is alive. */
  flush(): void {
    if (this.trace !== null) throw readWhileTraced();
    this.execute(this.pending.filter((node) => node.holders > 0 && node.values === null));
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

  /** Whether a function is being traced at the moment. */
  get isTracing(): boolean {
    return this.trace !== null;
  }

  compile(plan: Plan, baked: readonly boolean[]): CompiledGraph {
    return this.executor.compile(plan, baked);
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
  protected valuesOf(node: Node): Values {
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

  /** Counts one more holder of the node: its values are kept. */
  hold(node: Node): void {
    if (node.holders === 0 && node.values !== null) this.heldBytes += node.values.byteLength;
    node.holders++;
  }

  /** Counts one holder less; without any, the values may be recycled. */
  release(node: Node): void {
    node.holders--;
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

  /** A tensor made by a function while it was traced has no value of its own. */
  protected refuseEscaped(node: Node): void {
    if (node.values !== null || node.trace === null || node.trace === this.trace) return;
    throw new OnnxBackendError(
      'jit',
      'A tensor was used that a jit function made while it was traced and did not return. ' +
        'Return it from the function, or assign it to a tf.Variable there.',
    );
  }

  private compute(node: Node): void {
    try {
      this.flush();
    } catch (error) {
      // Another tensor's operator may be at fault: this one alone may still work.
      this.execute([node], error);
    }
  }

  private execute(wanted: readonly Node[], failure?: unknown): void {
    if (wanted.length === 0) return;
    const plan = makePlan(this.pending, wanted);
    let results: Result[];
    try {
      if (plan.leaves.some((leaf) => leaf.overwritten)) throw lostValues();
      results = this.executor.run(plan);
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

function readWhileTraced(): OnnxBackendError {
  return new OnnxBackendError(
    'jit',
    'A value was read (data, dataSync, array, print, ...) inside a jit function, or a kernel that ' +
      'runs outside of graphs was called there. While the function is traced there are no values ' +
      'yet: return the tensor and read it outside.',
  );
}
