import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { KernelBackend, backend_util, engine, util } from '@tensorflow/tfjs-core';
import type { Executor } from './execution/executor';
import type { ExecutorStatistics } from './execution/program-cache';
import { LazyGraph } from './graph/lazy-graph';
import type { Values } from './graph/types';
import { KernelContext } from './kernels/context';
import { OrtExecutor } from './ort/ort-executor';
import type { OnnxBackendOptions } from './options';
import { resolveOptions } from './options';
import type { StoredTensor } from './tensors/stored-tensor';
import type { BackendValues } from './tensors/tensor-table';
import { TensorTable, arrayOf } from './tensors/tensor-table';

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

/**
 * A lazy tfjs backend: kernels add operators to a graph; reading a value compiles everything that
 * is alive into one program, kept by its structure, and runs it. It joins three parts: the table of
 * tensors, the graph, and the executor that computes.
 */
export class OnnxBackend extends KernelBackend {
  readonly graph: LazyGraph;
  readonly tensors: TensorTable;
  /** What kernels get to work with. */
  readonly kernels: KernelContext;
  private readonly executor: Executor;

  /**
   * @param executor what computes; ONNX Runtime with the provider of the options unless given.
   * @throws OnnxBackendError for an option out of its range, or without ONNX Runtime.
   */
  constructor(options: OnnxBackendOptions = {}, executor?: Executor) {
    super();
    const resolved = resolveOptions(options);
    this.executor = executor ?? new OrtExecutor(resolved);
    this.graph = new LazyGraph(this.executor, resolved);
    this.tensors = new TensorTable(this.graph, this.executor, (dataId) => {
      engine().moveData(this, dataId);
    });
    this.kernels = new KernelContext(this.graph, this.tensors);
  }

  /** Sessions compiled (and recompiled because a constant varied) and graphs run so far. */
  get statistics(): Readonly<ExecutorStatistics> {
    return this.graph.statistics;
  }

  /** Whether a function is being traced at the moment. */
  get isTracing(): boolean {
    return this.graph.isTracing;
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    return this.tensors.write(values, shape, dtype);
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.tensors.move(dataId, values, shape, dtype, refCount);
  }

  /**
   * A tensor of `values` that keeps the array itself, which nobody may write to any more: a
   * checkpoint is then in memory once. `@crossweave/core` calls this by name.
   */
  literal(values: Values, shape: readonly number[], dtype: DataType): TensorInfo {
    return this.tensors.literal(values, shape, dtype);
  }

  /** The values, as a copy: nothing that runs later changes them. */
  override async read(dataId: DataId): Promise<BackendValues> {
    const { value } = this.tensors.get(dataId);
    if (value === null) return this.readSync(dataId);
    return this.graph.readLater(value);
  }

  override readSync(dataId: DataId): BackendValues {
    const stored = this.tensors.get(dataId);
    if (stored.strings !== null) return stored.strings;
    if (stored.complex !== null) return this.readComplex(stored.complex);
    if (stored.value === null) return arrayOf(stored);
    return this.graph.read(stored.value).slice();
  }

  override refCount(dataId: DataId): number {
    return this.tensors.refCount(dataId);
  }

  override incRef(dataId: DataId): void {
    this.tensors.incRef(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    return this.tensors.disposeData(dataId, force);
  }

  override numDataIds(): number {
    return this.tensors.count;
  }

  override memory(): OnnxMemoryInfo {
    return {
      unreliable: false,
      numBytesHeld: this.graph.values.heldBytes,
      numBytesPooled: this.executor.pooledBytes,
      numBytesOnDevice: this.executor.deviceBytes,
      numPending: this.graph.recording.pending.length,
      numSessions: this.graph.programCount,
    };
  }

  override timerAvailable(): boolean {
    return true;
  }

  /** Runs what `f` traces, so that the time is that of the work and not of the tracing alone. */
  override time(f: () => void): Promise<{ kernelMs: number }> {
    this.graph.finish();
    const start = util.now();
    f();
    this.graph.finish();
    return Promise.resolve({ kernelMs: util.now() - start });
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    this.graph.dispose();
    this.tensors.clear();
  }

  private readComplex({ real, imag }: NonNullable<StoredTensor['complex']>): Float32Array {
    return backend_util.mergeRealAndImagArrays(
      this.readSync(real.dataId) as Float32Array,
      this.readSync(imag.dataId) as Float32Array,
    );
  }
}
