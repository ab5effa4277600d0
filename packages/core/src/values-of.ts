import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostNumbers } from './host-value';

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/**
 * The values of a tensor in an array of its own type. tfjs's cpu backend casts to a wider type without
 * touching the data, so `data()` of a float32 tensor may be an Int32Array: its bytes are others.
 *
 * @returns a Float32Array, Int32Array or Uint8Array of a float32, int32 or bool tensor.
 */
export async function valuesOf(tensor: Tensor): Promise<HostNumbers> {
  const values: HostNumbers = await tensor.data<'float32' | 'int32' | 'bool'>();
  const own = arrays[tensor.dtype as keyof typeof arrays];
  return values instanceof own ? values : own.from(values);
}
