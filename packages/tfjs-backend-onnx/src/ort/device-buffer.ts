import type { Buffer } from '../execution/executor';
import type { ElementType } from '../graph/types';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

/** Numbers in memory of a device; only a session reads them. */
export class DeviceBuffer implements Buffer {
  readonly byteLength: number;
  /** Sessions make new buffers for their results and take none. */
  readonly isLost = false;

  constructor(
    readonly tensor: RuntimeTensor,
    readonly dtype: ElementType,
    readonly length: number,
    /** The session that made them, whose allocator frees them. */
    readonly session: NativeSession,
  ) {
    this.byteLength = length * (dtype === 'bool' ? 1 : 4);
  }

  /** The same memory as a tensor of a shape of as many elements. */
  shaped(dims: readonly number[]): RuntimeTensor {
    const { tensor, dtype } = this;
    return loadRuntime().Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: dtype, dims });
  }
}
