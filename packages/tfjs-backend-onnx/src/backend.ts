import type { DataId, DataType, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, engine } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from './errors';
import { GraphBackend } from './graph-backend';
import { Node } from './graph/node';
import { emptyValues, sameShape, sizeOf, type ElementType, type Values } from './graph/types';
import type { OnnxBackendOptions } from './options';

/** Written tensors of up to this many elements may become constants of a compiled graph. */
const MAX_CONSTANT = 8;
/** ... if an operator uses them within this many operators and writes of being written. */
const FRESH = 4;
/** Written tensors of at least this many elements are looked through for all-equal values. */
const MIN_SPLAT = 256;

type BackendValues = Parameters<KernelBackend['write']>[0];

/**
 * What tfjs calls the data of a tensor; the object itself is the `DataId`. Several tensors (of
 * different shapes) may share one, which `refCount` counts.
 */
class StoredTensor {
  refCount = 1;
  disposed = false;
  /** The numbers, computed or not; null for strings, complex numbers and splats. */
  node: Node | null = null;
  /** All elements equal this number, and no array has been made of them yet. */
  splat: number | null = null;
  strings: Uint8Array[] | null = null;
  complex: { readonly real: TensorInfo; readonly imag: TensorInfo } | null = null;

  constructor(
    /** The backend that holds it. */
    readonly owner: object,
    readonly shape: readonly number[],
    readonly dtype: DataType,
    /** How many operators and writes had come before it. */
    readonly sequence: number,
  ) {}
}

/**
 * A lazy tfjs backend: kernels add operators to a graph; reading a value compiles everything
 * that is alive into one ONNX model, kept by its structure, and runs it. This half stores
 * tensors, as tfjs-core's contract of a backend asks for it.
 */
export class OnnxBackend extends GraphBackend {
  private readonly foreign = new Map<DataId, StoredTensor>();
  private count = 0;

  /** @throws OnnxBackendError for an option out of its range, or without ONNX Runtime. */
  constructor(options: OnnxBackendOptions = {}) {
    super(options);
  }

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

  override read(dataId: DataId): Promise<BackendValues> {
    return new Promise((resolve) => {
      resolve(this.readSync(dataId));
    });
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
    return this.valuesOf(stored.node as Node).slice();
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

  override dispose(): void {
    super.dispose();
    this.foreign.clear();
  }

  /** The tensor as a value of the graph, in the shape in which the caller sees it. */
  node(info: TensorInfo): Node {
    const stored = this.get(info.dataId);
    if (stored.splat !== null) {
      if (this.isFresh(stored)) return this.splatNode(stored, info.shape);
      this.setValues(stored, this.splatValues(stored));
    }
    const node = stored.node;
    if (node === null) throw notNumbers(stored.dtype);
    this.refuseEscaped(node);
    if (node.op === '@leaf' && !node.seen) {
      node.seen = true;
      node.constant = sizeOf(node.shape) <= MAX_CONSTANT && this.isFresh(stored);
    }
    return sameShape(node.shape, info.shape) ? node : this.viewOf(node, info.shape);
  }

  /** Hands a value of the graph to tfjs as a new tensor. */
  output(value: Node): TensorInfo {
    // Computed alone, an operator of several results would no longer be there for the others.
    const node = value.outputs > 1 ? this.op('Identity', [value], value.shape, value.dtype) : value;
    const dtype = node.dtype as DataType;
    const stored = this.store(node.shape, dtype);
    stored.node = node;
    this.hold(node);
    return { dataId: stored, shape: [...node.shape], dtype };
  }

  /** A tensor with these values; the array is taken over, not copied. */
  literal(values: Values, shape: readonly number[], dtype: DataType): TensorInfo {
    const stored = this.store(shape, dtype);
    this.setValues(stored, values);
    return { dataId: stored, shape: [...shape], dtype };
  }

  /** A tensor whose elements all equal `value`; of any size the same operators in a trace. */
  splat(value: number, shape: readonly number[], dtype: DataType): TensorInfo {
    const stored = this.store(shape, dtype);
    stored.splat = value;
    const isSmall = this.trace === null && sizeOf(shape) < MIN_SPLAT;
    if (isSmall) this.setValues(stored, this.splatValues(stored));
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
    // The parts have the shape the number was made in; the caller may see it in another one.
    const seen = (part: TensorInfo): TensorInfo => ({ ...part, shape: info.shape });
    if (complex !== null) return { real: seen(complex.real), imag: seen(complex.imag) };
    throw new OnnxBackendError('unsupported-op', `Expected a complex64 tensor, got ${dtype}.`);
  }

  /** The tensor's values as they are now, to go into a compiled graph. */
  valueNode(info: TensorInfo): Node {
    const stored = this.get(info.dataId);
    if (stored.splat !== null) this.setValues(stored, this.splatValues(stored));
    const node = stored.node;
    if (node === null) throw notNumbers(stored.dtype);
    this.valuesOf(node);
    return node;
  }

  /** A value that is to come when a graph is run. */
  placeholder(shape: readonly number[], dtype: DataType): Node {
    const node = new Node('@input', [], shape, dtype as ElementType, null, null, 1);
    node.trace = this.trace;
    return node;
  }

  /** Lets `node` stand for a tensor's values until the function returned is called. */
  substitute(info: TensorInfo, node: Node): () => void {
    const stored = this.get(info.dataId);
    const { node: original, splat } = stored;
    stored.node = node;
    stored.splat = null;
    return () => {
      if (stored.disposed) {
        if (original !== null) this.release(original);
        return;
      }
      stored.node = original;
      stored.splat = splat;
    };
  }

  private isFresh(stored: StoredTensor): boolean {
    if (this.trace !== null && stored.sequence > this.traceStart) return true;
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
    // A copy: the caller may fill the same array with the next batch before the graph runs.
    const copy = this.pool.take(stored.dtype as ElementType, numbers.length);
    copy.set(numbers);
    this.setValues(stored, copy);
  }

  private setValues(stored: StoredTensor, values: Values): void {
    const node = this.adopt(values, stored.shape, stored.dtype);
    this.hold(node);
    stored.node = node;
    stored.splat = null;
  }

  private splatValues(stored: StoredTensor): Values {
    const values = emptyValues(stored.dtype, sizeOf(stored.shape));
    return values.fill(stored.splat as number);
  }

  private splatNode(stored: StoredTensor, shape: readonly number[]): Node {
    const value = this.scalar(stored.splat as number, stored.dtype as ElementType);
    return this.op('Expand', [value], shape, value.dtype, null, [shape]);
  }
}

function notNumbers(dtype: DataType): OnnxBackendError {
  return new OnnxBackendError(
    'unsupported-op',
    `A ${dtype} tensor cannot enter a graph; expected float32, int32 or bool.`,
  );
}

/** The value all elements share, or null. Real data is told apart by its first few elements. */
function splatValue(values: Values): number | null {
  if (values.length < MIN_SPLAT) return null;
  const first = values[0] as number;
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return null;
  return first;
}
