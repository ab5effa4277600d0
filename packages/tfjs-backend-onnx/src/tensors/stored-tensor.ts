import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Value } from '../graph/value';

/**
 * The data of a tfjs tensor; the object is the `DataId`. Several tensors, also of different shapes,
 * may share it; `refCount` counts them. The data is of one of four kinds.
 */
export class StoredTensor {
  refCount = 1;
  isDisposed = false;
  /** A value of the graph, computed or pending. */
  value: Value | null = null;
  /** The number that all elements equal, until an array is made. */
  fill: number | null = null;
  strings: Uint8Array[] | null = null;
  complex: { readonly real: TensorInfo; readonly imag: TensorInfo } | null = null;

  constructor(
    /** The table that stores it. */
    readonly owner: object,
    readonly shape: readonly number[],
    readonly dtype: DataType,
    /** Number of operators and tensors that were made before it. */
    readonly sequence: number,
  ) {}
}
