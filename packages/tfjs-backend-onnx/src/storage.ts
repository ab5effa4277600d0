import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Node } from './graph/node';

/**
 * What tfjs calls the data of a tensor; the object itself is the `DataId`. Several tensors (of
 * different shapes) may share one, which `refCount` counts.
 */
export class StoredTensor {
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
