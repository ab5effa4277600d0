import type { DataId, DataType, TensorInfo, KernelBackend } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from '../errors';
import type { LazyGraph } from '../graph/lazy-graph';
import type { Node } from '../graph/node';
import type { ElementType, Values } from '../graph/types';
import { emptyValues, sizeOf } from '../graph/types';
import type { Value } from '../graph/value';
import { fillOf } from './fill';
import { StoredTensor } from './stored-tensor';

/**
 * Tensors of up to this many elements, made from JavaScript values, may become constants of a
 * compiled graph.
 */
const MAX_CONSTANT = 8;
/**
 * The condition for that: at most this many operators and tensors are made between the tensor and
 * its first use.
 */
const FRESH = 4;
/** Tensors of at least this many elements are checked for equal elements when they are written. */
export const MIN_FILL = 256;

export type BackendValues = Parameters<KernelBackend['write']>[0];

/**
 * The data of each tfjs tensor and its lifetime: the storage part of tfjs's interface of backends.
 */
export class TensorTable {
  /** Tensors that were moved from a different backend, by the data id of that backend. */
  private readonly foreign = new Map<DataId, StoredTensor>();
  private stored = 0;

  /** @param fetch makes tfjs move the data of a tensor from a different backend. */
  constructor(
    private readonly graph: LazyGraph,
    private readonly fetch: (dataId: DataId) => void,
  ) {}

  /** Number of stored tensors (data ids). */
  get count(): number {
    return this.stored;
  }

  /** Stores values from tfjs as a copy. */
  write(values: BackendValues, shape: readonly number[], dtype: DataType): StoredTensor {
    const stored = this.add(shape, dtype);
    this.put(stored, values);
    return stored;
  }

  /** Stores values that tfjs moves from a different backend. */
  move(
    dataId: DataId,
    values: BackendValues,
    shape: readonly number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const stored = this.write(values, shape, dtype);
    stored.refCount = refCount;
    this.foreign.set(dataId, stored);
  }

  refCount(dataId: DataId): number {
    return this.find(dataId)?.refCount ?? 0;
  }

  incRef(dataId: DataId): void {
    this.get(dataId).refCount++;
  }

  /** @returns whether the data is gone. */
  disposeData(dataId: DataId, force: boolean): boolean {
    const stored = this.find(dataId);
    if (stored === undefined) return true;
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    stored.isDisposed = true;
    this.foreign.delete(dataId);
    this.stored--;
    if (stored.complex !== null) {
      this.disposeData(stored.complex.real.dataId, true);
      this.disposeData(stored.complex.imag.dataId, true);
    }
    if (stored.value !== null) this.graph.values.release(stored.value);
    return true;
  }

  /** @throws OnnxBackendError `disposed` for disposed data. */
  get(dataId: DataId): StoredTensor {
    const found = this.find(dataId);
    if (found !== undefined) return found;
    this.fetch(dataId);
    const moved = this.foreign.get(dataId);
    if (moved !== undefined) return moved;
    throw new OnnxBackendError('disposed', 'A tensor was used after it had been disposed.');
  }

  clear(): void {
    this.foreign.clear();
  }

  /** A new tensor of a value, in a shape with the same number of elements. */
  give(value: Value, shape: readonly number[]): TensorInfo {
    const { dtype } = value.shown;
    const stored = this.add(shape, dtype as DataType);
    stored.value = value;
    this.graph.values.hold(value);
    return { dataId: stored, shape: [...shape], dtype: dtype as DataType };
  }

  /** A tensor of these numbers. The array is not copied and belongs to the tensor afterwards. */
  literal(values: Values, shape: readonly number[], dtype: DataType): TensorInfo {
    const stored = this.add(shape, dtype);
    this.setArray(stored, values);
    return { dataId: stored, shape: [...shape], dtype };
  }

  /**
   * A tensor whose elements all equal `value`. In a trace it gives the same operators for every
   * size.
   */
  filled(value: number, shape: readonly number[], dtype: DataType): TensorInfo {
    const stored = this.add(shape, dtype);
    stored.fill = value;
    if (!this.graph.isTracing && sizeOf(shape) < MIN_FILL) this.setArray(stored, arrayOf(stored));
    return { dataId: stored, shape: [...shape], dtype };
  }

  complex(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const stored = this.add(real.shape, 'complex64');
    stored.complex = { real, imag };
    return { dataId: stored, shape: [...real.shape], dtype: 'complex64' };
  }

  /** The node of the tensor, in the tensor's shape and of its type. */
  operand(info: TensorInfo): Node {
    const stored = this.get(info.dataId);
    const node = this.nodeOf(stored, info.shape);
    // tfjs's cpu backend casts to a wider type without new data: what is moved from there has the old type.
    return stored.dtype === info.dtype
      ? node
      : this.graph.recording.cast(node, info.dtype as ElementType);
  }

  private nodeOf(stored: StoredTensor, shape: readonly number[]): Node {
    const { fill } = stored;
    if (fill !== null && this.isFresh(stored)) {
      const { recording } = this.graph;
      const number = recording.scalar(fill, stored.dtype as ElementType);
      return recording.op('Expand', [number], shape, number.dtype, null, [shape]);
    }
    const value = this.valueOf(stored);
    value.isConstant ??= value.node.op === '@leaf' ? this.isLikelyConstant(stored) : null;
    return this.graph.nodeOf(value, shape);
  }

  /**
   * The number that all elements equal, if that is part of the graph's structure. It is null for a
   * tensor that was made long ago: the zeros of an optimizer's initial state have different values
   * in the next step.
   */
  fillOf({ dataId }: TensorInfo): number | null {
    const stored = this.get(dataId);
    return this.isFresh(stored) ? stored.fill : null;
  }

  /** The tensor's value. For a tensor with equal elements the array is made now. */
  valueOf(stored: StoredTensor): Value {
    const { fill, dtype } = stored;
    if (fill !== null) {
      const array = this.graph.allocate(dtype as ElementType, sizeOf(stored.shape));
      this.setArray(stored, array.fill(fill));
    }
    if (stored.value === null) throw notNumbers(stored.dtype);
    return stored.value;
  }

  /**
   * Replaces the tensor's value temporarily. The returned function restores it; the tensor may be
   * disposed before.
   */
  substitute({ dataId }: TensorInfo, value: Value): () => void {
    const stored = this.get(dataId);
    const { value: original, fill } = stored;
    this.graph.values.hold(value);
    stored.value = value;
    stored.fill = null;
    return () => {
      if (stored.isDisposed) {
        if (original !== null) this.graph.values.release(original);
        return;
      }
      this.graph.values.release(value);
      stored.value = original;
      stored.fill = fill;
    };
  }

  private isLikelyConstant(stored: StoredTensor): boolean {
    return sizeOf(stored.shape) <= MAX_CONSTANT && this.isFresh(stored);
  }

  private isFresh({ sequence }: StoredTensor): boolean {
    const { trace, now } = this.graph.recording;
    return (trace !== null && sequence > trace.start) || now - sequence <= FRESH;
  }

  private add(shape: readonly number[], dtype: DataType): StoredTensor {
    this.stored++;
    return new StoredTensor(this, shape, dtype, this.graph.recording.tick());
  }

  private find(dataId: DataId): StoredTensor | undefined {
    if (dataId instanceof StoredTensor && dataId.owner === this && !dataId.isDisposed)
      return dataId;
    return this.foreign.get(dataId);
  }

  private put(stored: StoredTensor, values: BackendValues): void {
    if (stored.dtype === 'string') {
      stored.strings = values as Uint8Array[];
      return;
    }
    const numbers = values as Values;
    stored.fill = numbers.length < MIN_FILL ? null : fillOf(numbers);
    if (stored.fill !== null) return;
    // Copied, because the caller may fill the same array with the next batch before the graph runs.
    const copy = this.graph.allocate(stored.dtype as ElementType, numbers.length);
    copy.set(numbers);
    this.setArray(stored, copy);
  }

  private setArray(stored: StoredTensor, values: Values): void {
    const value = this.graph.write(values, stored.shape, stored.dtype as ElementType);
    this.graph.values.hold(value);
    stored.value = value;
    stored.fill = null;
  }
}

/** The array of a tensor whose elements are all equal. */
export function arrayOf({ shape, dtype, fill }: StoredTensor): Values {
  return emptyValues(dtype, sizeOf(shape)).fill(fill ?? 0);
}

function notNumbers(dtype: DataType): OnnxBackendError {
  return new OnnxBackendError(
    'unsupported-op',
    `A ${dtype} tensor cannot enter a graph; expected float32, int32 or bool.`,
  );
}
