import type { BufferPool } from '../pool';
import type { Provider } from '../providers';
import { providerError } from '../providers';
import { loadRuntime } from '../runtime';
import { DeviceStore } from './device-store';
import { HostStore } from './host-store';
import type { Store } from './store';
import { Transfer } from './transfer';

/**
 * The store a provider computes on, once it has computed something.
 * @throws OnnxBackendError `provider` if it does not.
 */
export function openStore(provider: Provider, pool: BufferPool): Store {
  // The binding returns no tensors on a CUDA device, so that values cross over with each run.
  const store = provider === 'webgpu' ? new DeviceStore(pool) : new HostStore(provider, pool);
  if (provider !== 'cpu') {
    try {
      tryOut(provider);
    } catch (cause) {
      store.dispose();
      throw providerError(provider, cause);
    }
  }
  return store;
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
