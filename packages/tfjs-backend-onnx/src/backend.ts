import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { KernelBackend, backend_util, engine, util } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from './errors';
import { Executor } from './executor';
import { Node, leaf, settle } from './graph/node';
import { makePlan } from './graph/plan';
import type { Attributes, ElementType, Values } from './graph/types';
import { sameShape, sizeOf } from './graph/types';
import type { OnnxBackendOptions, ResolvedOptions } from './options';
import { resolveOptions } from './options';
import { BufferPool } from './pool';
import { loadRuntime } from './runtime';
import { StoredTensor } from './storage';

/** Written tensors of up to this many elements may become constants of a compiled graph. */
const MAX_CONSTANT = 8;
/** ... if an operator uses them within this many operators and writes of being written. */
const FRESH = 4;
/** Written tensors of at least this many elements are looked through for all-equal values. */
const MIN_SPLAT = 256;
/** Bytes written from JS that a pending graph may hold before it is run. */
const MAX_PENDING_BYTES = 2 ** 30;

type BackendValues = Parameters<KernelBackend['write']>[0];

/** What `tf.memory()` adds to tfjs's own figures on this backend. */
export interface OnnxMemoryInfo {
  unreliable: boolean;
  /** Bytes of values held for tensors, and of dead tensors kept for reuse. */
  numBytesHeld: number;
  numBytesPooled: number;
  /** Operators traced but not run yet. */
  numPending: number;
  numSessions: number;
}

/**
 * A lazy tfjs backend: kernels add operators to a graph; reading a value compiles everything
 * that is alive into one ONNX model, kept by its structure, and runs it.
 */
export class OnnxBackend extends KernelBackend {
  private readonly options: ResolvedOptions;
  private readonly pool: BufferPool;
  private readonly executor: Executor;
  private readonly foreign = new Map<DataId, StoredTensor>();
  private pending: Node[] = [];
  private pendingBytes = 0;
  private dead: Node[] = [];
  private count = 0;
  private sequence = 0;
  private epoch = 0;
  private heldBytes = 0;

  constructor(options: OnnxBackendOptions = {}) {
    super();
    this.options = resolveOptions(options);
    loadRuntime();
    this.pool = new BufferPool(this.options.maxPooledBytes);
    this.executor = new Executor(this.options, this.pool);
  }

  /** Sessions compiled (and recompiled because a constant varied) and graphs run so far. */
  get statistics(): Readonly<Executor['statistics']> {
    return this.executor.statistics;
  }

  // ---- storage, as tfjs-core's contract of a backend asks for it

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const stored = this.store(shape, dtype);
    this.fill(stored, values);
    return stored;
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const stored = this.store(shape, dtype);
    stored.refCount = refCount;
    this.fill(stored, values);
    this.foreign.set(dataId, stored);
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  /** The values, as a copy: nothing that runs later changes them. */
  override readSync(dataId: DataId): BackendValues {
    const stored = this.get(dataId);
    if (stored.strings !== null) return stored.strings;
    if (stored.complex !== null) {
      const real = this.readSync(stored.complex.real.dataId) as Float32Array;
      const imag = this.readSync(stored.complex.imag.dataId) as Float32Array;
      return backend_util.mergeRealAndImagArrays(real, imag);
    }
    if (stored.splat !== null) return this.splatValues(stored);
    const node = stored.node as Node;
    if (node.values === null) this.compute(node);
    return (node.values as unknown as Values).slice();
  }

  override refCount(dataId: DataId): number {
    return this.find(dataId)?.refCount ?? 0;
  }

  override incRef(dataId: DataId): void {
    this.get(dataId).refCount++;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const stored = this.find(dataId);
    if (stored === undefined) return true;
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    stored.disposed = true;
    this.foreign.delete(dataId);
    this.count--;
    if (stored.complex !== null) {
      this.disposeData(stored.complex.real.dataId, true);
      this.disposeData(stored.complex.imag.dataId, true);
    }
    if (stored.node !== null) this.release(stored.node);
    return true;
  }

  override numDataIds(): number {
    return this.count;
  }

  override memory(): OnnxMemoryInfo {
    return {
      unreliable: false,
      numBytesHeld: this.heldBytes,
      numBytesPooled: this.pool.bytes,
      numPending: this.pending.length,
      numSessions: this.executor.sessions,
    };
  }

  override timerAvailable(): boolean {
    return true;
  }

  /** Runs what `f` traces, so that the time is that of the work and not of the tracing alone. */
  override async time(f: () => void): Promise<{ kernelMs: number }> {
    this.flush();
    const start = util.now();
    f();
    this.flush();
    return { kernelMs: util.now() - start };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    this.executor.dispose();
    this.pool.clear();
    this.pending = [];
    this.dead = [];
    this.foreign.clear();
  }

  // ---- the graph, for kernels

  /** The tensor as a value of the graph, in the shape in which the caller sees it. */
  node(info: TensorInfo): Node {
    const stored = this.get(info.dataId);
    if (stored.splat !== null) {
      if (this.isFresh(stored)) return this.splatNode(stored, info.shape);
      this.setValues(stored, this.splatValues(stored));
    }
    const node = stored.node;
    if (node === null) {
      throw new OnnxBackendError(
        'unsupported-op',
        `A ${stored.dtype} tensor cannot enter a graph; expected float32, int32 or bool.`,
      );
    }
    if (node.op === '@leaf' && !node.seen) {
      node.seen = true;
      node.constant = sizeOf(node.shape) <= MAX_CONSTANT && this.isFresh(stored);
    }
    return sameShape(node.shape, info.shape) ? node : this.viewOf(node, info.shape);
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
    if (sizeOf(shape) === 0 && outputs === 1) return leaf(filled(0, 0, dtype), shape, dtype);
    const node = new Node(op, inputs, shape, dtype, attributes, integers, outputs);
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
    node.seen = true;
    node.constant = true;
    return node;
  }

  reshape(node: Node, shape: readonly number[]): Node {
    return sameShape(node.shape, shape)
      ? node
      : this.op('Reshape', [node], shape, node.dtype, null, [shape]);
  }

  cast(node: Node, dtype: ElementType): Node {
    if (node.dtype === dtype) return node;
    const to = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 }[dtype];
    return this.op('Cast', [node], node.shape, dtype, { to });
  }

  /** Hands a value of the graph to tfjs as a new tensor. */
  output(node: Node, dtype: DataType = node.dtype as DataType): TensorInfo {
    const stored = this.store(node.shape, dtype);
    stored.node = node;
    if (node.holders === 0 && node.values !== null) this.heldBytes += node.values.byteLength;
    node.holders++;
    return { dataId: stored, shape: [...node.shape], dtype };
  }

  /** A tensor with these values; the array is taken over, not copied. */
  literal(values: Values, shape: readonly number[], dtype: DataType): TensorInfo {
    const stored = this.store(shape, dtype);
    this.setValues(stored, values);
    return { dataId: stored, shape: [...shape], dtype };
  }

  /** A tensor whose elements all equal `value`. */
  splat(value: number, shape: readonly number[], dtype: DataType): TensorInfo {
    const stored = this.store(shape, dtype);
    if (sizeOf(shape) < MIN_SPLAT) this.setValues(stored, filled(value, sizeOf(shape), dtype));
    else stored.splat = value;
    return { dataId: stored, shape: [...shape], dtype };
  }

  /**
   * The number all elements equal, if that belongs to the structure of the graph: zeros made
   * long ago (say, as an optimizer's first state) will be other numbers in the next step.
   */
  splatOf(info: TensorInfo): number | null {
    const stored = this.get(info.dataId);
    return this.isFresh(stored) ? stored.splat : null;
  }

  complex(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const stored = this.store(real.shape, 'complex64');
    stored.complex = { real, imag };
    return { dataId: stored, shape: [...real.shape], dtype: 'complex64' };
  }

  complexParts(info: TensorInfo): { readonly real: TensorInfo; readonly imag: TensorInfo } {
    const { complex, dtype } = this.get(info.dataId);
    if (complex !== null) return complex;
    throw new OnnxBackendError('unsupported-op', `Expected a complex64 tensor, got ${dtype}.`);
  }

  /** Called before each kernel: runs the pending graph when it has grown past its bound. */
  bound(): void {
    if (this.pending.length >= this.options.maxPending || this.pendingBytes > MAX_PENDING_BYTES) {
      this.flush();
    }
  }

  /** Computes every tensor that is alive. */
  flush(): void {
    this.execute(this.pending.filter((node) => node.holders > 0 && node.values === null));
    this.pending = [];
    this.pendingBytes = 0;
    this.epoch++;
    this.recycle();
  }

  // ---- internals

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
    let results: Values[];
    try {
      results = this.executor.run(plan);
    } catch (error) {
      throw failure ?? error;
    }
    wanted.forEach((node, i) => {
      const values = results[i] as Values;
      settle(node, values);
      this.heldBytes += values.byteLength;
    });
  }

  private recycle(): void {
    for (const node of this.dead) {
      if (node.holders > 0 || node.values === null) continue;
      this.pool.give(node.dtype, node.values);
      node.values = null;
      node.tensor = null;
    }
    this.dead = [];
  }

  private release(node: Node): void {
    node.holders--;
    if (node.holders > 0 || node.values === null) return;
    this.heldBytes -= node.values.byteLength;
    if (node.owned) this.dead.push(node);
  }

  private isFresh(stored: StoredTensor): boolean {
    return this.sequence - stored.sequence <= FRESH;
  }

  private store(shape: readonly number[], dtype: DataType): StoredTensor {
    this.count++;
    return new StoredTensor(this, shape, dtype, ++this.sequence);
  }

  private find(dataId: DataId): StoredTensor | undefined {
    if (dataId instanceof StoredTensor && dataId.owner === this && !dataId.disposed) return dataId;
    return this.foreign.get(dataId);
  }

  private get(dataId: DataId): StoredTensor {
    const found = this.find(dataId);
    if (found !== undefined) return found;
    engine().moveData(this, dataId);
    const moved = this.foreign.get(dataId);
    if (moved !== undefined) return moved;
    throw new OnnxBackendError('disposed', 'A tensor was used after it had been disposed.');
  }

  private fill(stored: StoredTensor, values: BackendValues): void {
    if (stored.dtype === 'string') {
      stored.strings = values as Uint8Array[];
      return;
    }
    const numbers = values as Values;
    const value = splatValue(numbers);
    if (value !== null) {
      stored.splat = value;
      return;
    }
    const copy = this.pool.take(stored.dtype as ElementType, numbers.length);
    copy.set(numbers);
    this.pendingBytes += copy.byteLength;
    this.setValues(stored, copy);
  }

  private setValues(stored: StoredTensor, values: Values): void {
    const node = leaf(values, stored.shape, stored.dtype as ElementType);
    node.owned = true;
    node.holders = 1;
    stored.node = node;
    stored.splat = null;
    this.heldBytes += values.byteLength;
  }

  private splatValues(stored: StoredTensor): Values {
    const values = this.pool.take(stored.dtype as ElementType, sizeOf(stored.shape));
    return values.fill(stored.splat as number);
  }

  private splatNode(stored: StoredTensor, shape: readonly number[]): Node {
    const value = this.scalar(stored.splat as number, stored.dtype as ElementType);
    return this.op('Expand', [value], shape, value.dtype, null, [shape]);
  }

  private viewOf(node: Node, shape: readonly number[]): Node {
    const cached = node.viewEpoch === this.epoch ? node.view : null;
    if (cached !== null && sameShape(cached.shape, shape)) return cached;
    let view: Node;
    if (node.values !== null) {
      view = leaf(node.values, shape, node.dtype);
      view.constant = node.constant;
    } else {
      view = this.op('Reshape', [node], shape, node.dtype, null, [shape]);
    }
    node.view = view;
    node.viewEpoch = this.epoch;
    return view;
  }
}

function filled(value: number, size: number, dtype: string): Values {
  const values =
    dtype === 'int32'
      ? new Int32Array(size)
      : dtype === 'bool'
        ? new Uint8Array(size)
        : new Float32Array(size);
  return values.fill(value);
}

/** The value all elements share, or null. Real data is told apart by its first few elements. */
function splatValue(values: Values): number | null {
  if (values.length < MIN_SPLAT) return null;
  const first = values[0] as number;
  if (first !== first) return null;
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return null;
  return first;
}
