import type { Engine } from './engine';
import { importNative, probeBackend } from './probe';

/** Whole training steps as ONNX graphs on ONNX Runtime; its binaries come inside npm packages. */
export const onnx: Engine = {
  name: 'onnx',
  backend: 'onnx',
  providers: ['cpu'],
  probe: () =>
    probeBackend({
      backend: 'onnx',
      packageName: '@crossweave/tfjs-backend-onnx',
      load: () => importNative('@crossweave/tfjs-backend-onnx/register'),
      detail: 'ONNX Runtime on the CPU, whole steps as one graph',
    }),
};
