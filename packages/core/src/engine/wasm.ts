import type { Engine } from './engine';
import { borrowKernels } from './borrow-kernels';
import { probeBackend, rethrow } from './probe';

/** tfjs's WebAssembly backend, which borrows the kernels it lacks from tfjs's cpu backend. */
export const wasm: Engine = {
  name: 'wasm',
  backend: 'wasm',
  probe: async () => {
    const probe = await probeBackend({
      backend: 'wasm',
      packageName: '@tensorflow/tfjs-backend-wasm',
      load: () => import('@tensorflow/tfjs-backend-wasm').catch(rethrow),
      detail: "tfjs's WebAssembly kernels: for small models, slow in training",
    });
    if (!probe.usable || (await borrowFromCpu())) return probe;
    return {
      usable: true,
      detail: `${probe.detail}, which needs @tensorflow/tfjs-backend-cpu too`,
    };
  },
};

async function borrowFromCpu(): Promise<boolean> {
  const cpu = await import('@tensorflow/tfjs-backend-cpu').catch(() => undefined);
  if (cpu === undefined) return false;
  const lender = new cpu.MathBackendCPU();
  // Otherwise the cpu backend prints a recommendation of tfjs-node at its first use.
  (lender as unknown as { firstUse: boolean }).firstUse = false;
  borrowKernels('wasm', lender);
  return true;
}
