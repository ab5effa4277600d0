import type { Provider } from '../providers';
import { providerError } from '../providers';
import { DeviceMemory } from './device-memory';
import { HostMemory } from './host-memory';
import type { Memory } from './memory';
import type { ArrayPool } from './pool';
import { loadRuntime } from '../runtime';
import { Transfer } from './transfer';

/**
 * The memory of a provider, after a test computation. @throws OnnxBackendError `provider` if the
 * test computation fails.
 */
export function openMemory(provider: Provider, pool: ArrayPool): Memory {
  // The binding returns no tensors on CUDA devices, so values are copied between host and device in
  // each run.
  const memory = provider === 'webgpu' ? new DeviceMemory(pool) : new HostMemory(provider, pool);
  if (provider !== 'cpu') {
    try {
      tryOut(provider);
    } catch (cause) {
      memory.dispose();
      throw providerError(provider, cause);
    }
  }
  return memory;
}

/** Computes something with the provider. Throws the error of ONNX Runtime if that fails. */
function tryOut(provider: Provider): void {
  const transfer = new Transfer(provider);
  try {
    const values = new (loadRuntime().Tensor)('float32', Float32Array.of(1, 2), [2]);
    transfer.copy(values, 'float32', 'cpu');
  } finally {
    transfer.dispose();
  }
}
