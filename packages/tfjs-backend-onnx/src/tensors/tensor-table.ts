import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { OnnxBackendError } from '../errors';
import type { Executor } from '../execution/executor';
import type { LazyGraph } from '../graph/lazy-graph';
import type { Node } from '../graph/node';
import type { ElementType, Values } from '../graph/types';
import { emptyValues, sizeOf } from '../graph/types';
import type { Value } from '../graph/value';
import { fillOf } from './fill';
import { StoredTensor } from './stored-tensor';

/** Written tensors of up to this many elements may become constants of a compiled graph. */
const MAX_CONSTANT = 8;
/** ... if an operator uses them within this many operators and tensors of being written. */
const FRESH = 4;
/** Written tensors of at least this many elements are looked through for all-equal values. */
export const MIN_FILL = 256;

export type BackendValues = Parameters<KernelBackend['write']>[0];

/** Which data each tensor of tfjs has, and for how long: tfjs's contract of a backend's storage. */
export class TensorTable {
  /** Tensors that were moved here from another backend, by that backend's name for them. */
  private readonly foreign = new Map<DataId, StoredTensor>();
  private stored = 0;

  /** @param fetch makes tfjs move the data of another backend's tensor here. */
  constructor(
    private readonly graph: LazyGraph,
    private readonly executor: Executor,
    private readonly fetch: (dataId: DataId) => void,
  ) {}

  /** How many data there are. */
  get count(): number {
    return this.stored;
  }

  /** Data of tfjs's own values, which are copied. */
  write(values: BackendValues, shape: readonly number[], dtype: DataType): StoredTensor {
    const stored = this.add(shape, dtype);
    this.put(stored, values);
    return stored;
  }

  /** The same for data that another backend had. */
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

  /** @throws OnnxBackendError `disposed` for data that is gone. */
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

  /** A new tensor of a value, seen in a shape of as many elements. */
  give(value: Value, shape: readonly number[]): TensorInfo {
    const { dtype } = value.node;
    const stored = this.add(shape, dtype as DataType);
    stored.value = value;
    this.graph.values.hold(value);
    return { dataId: stored, shape: [...shape], dtype: dtype as DataType };
  }

  /** A tensor with these numbers; the array is taken over, not copied. */
  literal(values: Values, shape: readonly number[], dtype: DataType): TensorInfo {
    const stored = this.add(shape, dtype);
    this.setArray(stored, values);
    return { dataId: stored, shape: [...shape], dtype };
  }

  /** A tensor whose elements all equal `value`; of any size the same operators in a trace. */
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

  /** The tensor as an operand, in the shape in which the caller sees it. */
  operand({ dataId, shape }: TensorInfo): Node {
    const stored = this.get(dataId);
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
   * The number all elements equal, if that belongs to the structure of the graph: zeros made
   * long ago (say, as an optimizer's first state) will be other numbers in the next step.
   */
  fillOf({ dataId }: TensorInfo): number | null {
    const stored = this.get(dataId);
    return this.isFresh(stored) ? stored.fill : null;
  }

  /** The tensor's value; an array is made of numbers that are all the same. */
  valueOf(stored: StoredTensor): Value {
    if (stored.fill !== null) this.setArray(stored, arrayOf(stored));
    if (stored.value === null) throw notNumbers(stored.dtype);
    return stored.value;
  }

  /**
   * Lets another value stand for the tensor's, until the function returned is called; the tensor
   * may be disposed of before.
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
    // A copy: the caller may fill the same array with the next batch before the graph runs.
    const copy = this.executor.allocate(stored.dtype as ElementType, numbers.length);
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

/** An array of a tensor whose elements are all the same. */
export function arrayOf({ shape, dtype, fill }: StoredTensor): Values {
  return emptyValues(dtype, sizeOf(shape)).fill(fill ?? 0);
}

function notNumbers(dtype: DataType): OnnxBackendError {
  return new OnnxBackendError(
    'unsupported-op',
    `A ${dtype} tensor cannot enter a graph; expected float32, int32 or bool.`,
  );
}
