import type { ElementType } from '../graph/types';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

/** Values in memory of a device; only a session reads them. */
export class DeviceValues {
  readonly byteLength: number;

  constructor(
    readonly tensor: RuntimeTensor,
    readonly dtype: ElementType,
    /** How many elements. */
    readonly length: number,
    /** The session that made them, whose allocator frees them. */
    readonly session: NativeSession,
  ) {
    this.byteLength = length * (dtype === 'bool' ? 1 : 4);
  }

  /** The same buffer under another shape of as many elements. */
  shaped(dims: readonly number[]): RuntimeTensor {
    const { tensor, dtype } = this;
    return loadRuntime().Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: dtype, dims });
  }
}
