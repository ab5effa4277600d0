import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Value } from '../graph/value';

/**
 * What tfjs calls the data of a tensor; the object itself is the `DataId`. Several tensors (of
 * different shapes) may share one, which `refCount` counts. It holds one of four things.
 */
export class StoredTensor {
  refCount = 1;
  isDisposed = false;
  /** Numbers, computed or not. */
  value: Value | null = null;
  /** The number that all elements equal, as long as no array has been made of them. */
  fill: number | null = null;
  strings: Uint8Array[] | null = null;
  complex: { readonly real: TensorInfo; readonly imag: TensorInfo } | null = null;

  constructor(
    /** The table that holds it. */
    readonly owner: object,
    readonly shape: readonly number[],
    readonly dtype: DataType,
    /** How many operators and tensors had come before it. */
    readonly sequence: number,
  ) {}
}
