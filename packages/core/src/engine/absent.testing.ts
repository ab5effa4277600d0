import type { Engine } from './engine';
import { importNative, probeBackend } from './probe';

/** An engine whose package is not there. */
export const absent: Engine = {
  name: 'absent',
  backend: 'absent',
  probe: () =>
    probeBackend({
      backend: 'absent',
      packageName: 'absent-backend',
      load: () => importNative('absent-backend'),
      detail: '',
    }),
};
