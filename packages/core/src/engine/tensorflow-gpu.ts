import type { Engine } from './engine';
import { loadedTfjsNode, probeTfjsNode, tfjsNodeBackend } from './tfjs-node';

/** TensorFlow's C library on an NVIDIA GPU (CUDA). */
export const tensorflowGpu: Engine = {
  name: 'tensorflow-gpu',
  backend: tfjsNodeBackend,
  probe: async () => {
    const probe = await probeTfjsNode({
      packageName: '@tensorflow/tfjs-node-gpu',
      command: 'crossweave engine add tensorflow --gpu',
    });
    const backend = loadedTfjsNode();
    if (!probe.usable || backend?.isUsingGpuDevice === true) return probe;
    if (backend?.isGPUPackage === false) {
      return {
        usable: false,
        reason:
          'this process has already loaded @tensorflow/tfjs-node, whose backend has the same name',
        advice: 'Start a new process and choose tensorflow-gpu before any other engine.',
      };
    }
    return {
      usable: false,
      reason: 'TensorFlow loads, but finds no GPU',
      advice:
        'Check nvidia-smi, and that the CUDA libraries TensorFlow was built for are found ' +
        '(LD_LIBRARY_PATH); crossweave engine add tensorflow --gpu installs matching libraries.',
    };
  },
};
