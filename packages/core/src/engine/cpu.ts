import type { Engine } from './engine';
import { probeBackend, rethrow } from './probe';

/** tfjs's kernels in plain JavaScript. */
export const cpu: Engine = {
  name: 'cpu',
  backend: 'cpu',
  probe: () =>
    probeBackend({
      backend: 'cpu',
      packageName: '@tensorflow/tfjs-backend-cpu',
      load: () => import('@tensorflow/tfjs-backend-cpu').catch(rethrow),
      detail: "tfjs's kernels in plain JavaScript: for tests and small examples",
    }),
};
