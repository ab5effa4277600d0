import type { Engine } from './engine';
import { probeBackend, rethrow } from './probe';

/** tfjs's WebAssembly kernels. */
export const wasm: Engine = {
  name: 'wasm',
  backend: 'wasm',
  probe: () =>
    probeBackend({
      backend: 'wasm',
      packageName: '@tensorflow/tfjs-backend-wasm',
      load: () => import('@tensorflow/tfjs-backend-wasm').catch(rethrow),
      detail: "tfjs's WebAssembly kernels: for small models, slow in training",
    }),
};
