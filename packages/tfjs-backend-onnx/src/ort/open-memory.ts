import type { Provider } from '../providers';
import { providerError } from '../providers';
import { DeviceMemory } from './device-memory';
import { HostMemory } from './host-memory';
import type { Memory } from './memory';
import type { ArrayPool } from './pool';
import { loadRuntime } from '../runtime';
import { Transfer } from './transfer';

/**
 * The memory a provider computes in, once it has computed something.
 * @throws OnnxBackendError `provider` if it does not.
 */
export function openMemory(provider: Provider, pool: ArrayPool): Memory {
  // The binding returns no tensors on a CUDA device, so that values cross over with each run.
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

/** Computes on the provider, and throws what ONNX Runtime throws if that does not go. */
function tryOut(provider: Provider): void {
  const transfer = new Transfer(provider);
  try {
    const values = new (loadRuntime().Tensor)('float32', Float32Array.of(1, 2), [2]);
    transfer.copy(values, 'float32', 'cpu');
  } finally {
    transfer.dispose();
  }
}
