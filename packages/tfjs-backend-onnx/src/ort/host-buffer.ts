import type { Buffer } from '../execution/executor';
import type { ElementType, Values } from '../graph/types';
import { sameShape } from '../graph/types';
import type { RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

/** Numbers in a JavaScript array. */
export class HostBuffer implements Buffer {
  isLost = false;
  /** The tensor of ONNX Runtime in which the array was last wrapped. */
  private wrapped: RuntimeTensor | null;

  constructor(
    readonly array: Values,
    readonly dtype: ElementType,
    wrapped: RuntimeTensor | null = null,
  ) {
    this.wrapped = wrapped;
  }

  get length(): number {
    return this.array.length;
  }

  get byteLength(): number {
    return this.array.byteLength;
  }

  /** The array as a tensor of the given shape. The tensor is reused while the shape is the same. */
  shaped(shape: readonly number[]): RuntimeTensor {
    if (this.wrapped === null || !sameShape(this.wrapped.dims, shape)) {
      this.wrapped = new (loadRuntime().Tensor)(this.dtype, this.array, shape);
    }
    return this.wrapped;
  }
}
