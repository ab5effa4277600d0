import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { KernelBackend, backend_util, engine, util } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from './errors';
import type { Executor } from './execution/executor';
import type { ExecutorStatistics } from './execution/program-cache';
import { LazyGraph } from './graph/lazy-graph';
import { CompiledFunction, type JitOptions } from './jit/compiled-function';
import type { CallRecorder } from './jit/trace';
import type { Tree } from './jit/tree';
import type { ElementType, Values } from './graph/types';
import { KernelContext } from './kernels/context';
import { OrtExecutor } from './ort/ort-executor';
import type { OnnxBackendOptions } from './options';
import { resolveOptions } from './options';
import type { StoredTensor } from './tensors/stored-tensor';
import type { BackendValues } from './tensors/tensor-table';
import { TensorTable, arrayOf } from './tensors/tensor-table';

/** Figures that `tf.memory()` adds on this backend. */
export interface OnnxMemoryInfo {
  unreliable: boolean;
  /** Bytes of values held for tensors, and of disposed tensors kept for reuse. */
  numBytesHeld: number;
  numBytesPooled: number;
  /** Bytes of values on the provider's device; 0 if values are in arrays. */
  numBytesOnDevice: number;
  /** Number of pending operators. */
  numPending: number;
  numSessions: number;
}

/**
 * A lazy tfjs backend: kernels add operators to a graph. Reading a value compiles all pending
 * values that are held into one program, which is cached by its structure, and runs it. The backend
 * has three parts: the table of tensors, the graph, and the executor that computes.
 */
export class OnnxBackend extends KernelBackend {
  readonly graph: LazyGraph;
  readonly tensors: TensorTable;
  /** The interface of kernels to the graph. */
  readonly kernels: KernelContext;
  private readonly executor: Executor;

  /**
   * @param executor computes the graphs. Default: ONNX Runtime with the provider of the options.
   *   @throws OnnxBackendError for a wrong option, or if ONNX Runtime does not load.
   */
  constructor(options: OnnxBackendOptions = {}, executor?: Executor) {
    super();
    const resolved = resolveOptions(options);
    this.executor = executor ?? new OrtExecutor(resolved);
    this.graph = new LazyGraph(this.executor, resolved);
    this.tensors = new TensorTable(this.graph, (dataId) => {
      engine().moveData(this, dataId);
    });
    this.kernels = new KernelContext(this.graph, this.tensors);
  }

  /**
   * Numbers of compiled sessions, of recompilations because a constant varied, and of graph runs so
   * far.
   */
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
   * An array with arbitrary contents, for `literal`: the memory of disposed tensors is used again.
   * `@crossweave/core` calls this method by name, so that a batch is in memory only once.
   */
  allocate(dtype: ElementType, length: number): Values {
    return this.graph.allocate(dtype, length);
  }

  /**
   * A tensor that keeps the array `values` without a copy; nobody may write to the array
   * afterwards. `@crossweave/core` calls this method by name, so that a loaded checkpoint is in
   * memory only once.
   */
  literal(values: Values, shape: readonly number[], dtype: DataType): TensorInfo {
    return this.tensors.literal(values, shape, dtype);
  }

  /**
   * `jit` for a function that also records what JavaScript makes for each call. `@crossweave/trainer`
   * calls this method by name, for its steps.
   */
  compile(
    f: (args: readonly Tree[], recorder: CallRecorder) => unknown,
    options: JitOptions = {},
  ): CompiledFunction {
    return new CompiledFunction(this, f, options);
  }

  /** Whether graphs are computed while JavaScript goes on. `@crossweave/trainer` reads it by name. */
  get isAsynchronous(): boolean {
    return this.executor.isAsynchronous ?? false;
  }

  /** Number of devices that compute every graph together. `@crossweave/trainer` reads it by name. */
  get devices(): number {
    return this.executor.devices ?? 1;
  }

  /**
   * Puts an equal part of a tensor's first axis on each device, so that what is computed from it is
   * split in the same way wherever it can be. The numbers do not depend on it. On one device it does
   * nothing. `@crossweave/trainer` calls this method by name, for its batches.
   * @throws OnnxBackendError `options` for a tensor whose first axis does not divide among them.
   */
  split({ dataId, shape }: TensorInfo): void {
    const { devices } = this;
    if (devices === 1) return;
    const [rows = 0] = shape;
    if (rows === 0 || rows % devices !== 0) {
      throw new OnnxBackendError(
        'options',
        `A tensor of shape [${shape.join()}] does not split among ${devices} devices: expected a ` +
          `first axis that is a multiple of ${devices}.`,
      );
    }
    const { buffer } = this.graph.ensureComputed(this.tensors.valueOf(this.tensors.get(dataId)));
    if (buffer !== null) this.executor.split?.(buffer);
  }

  /** A copy of the values, which later runs do not change. */
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

  /** Also runs the operators that `f` adds, so that the measured time includes the computation. */
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
