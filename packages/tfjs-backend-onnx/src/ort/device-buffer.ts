import type { Buffer } from '../execution/executor';
import type { ElementType } from '../graph/types';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

/** Numbers in the memory of a device; only sessions read them. */
export class DeviceBuffer implements Buffer {
  readonly byteLength: number;
  /** Never lost: sessions make new buffers for their results. */
  readonly isLost = false;

  constructor(
    readonly tensor: RuntimeTensor,
    readonly dtype: ElementType,
    readonly length: number,
    /** The session that made the buffer, whose allocator frees it. */
    readonly session: NativeSession,
  ) {
    this.byteLength = length * (dtype === 'bool' ? 1 : 4);
  }

  /** The same memory as a tensor of a shape with the same number of elements. */
  shaped(dims: readonly number[]): RuntimeTensor {
    const { tensor, dtype } = this;
    return loadRuntime().Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: dtype, dims });
  }
}
