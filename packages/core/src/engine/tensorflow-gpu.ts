import { findBackend } from '@tensorflow/tfjs-core';
import type { Engine } from './engine';
import { probeTfjsNode, tfjsNodeBackend } from './tfjs-node';

/** TensorFlow's C library on an NVIDIA GPU (CUDA). */
export const tensorflowGpu: Engine = {
  name: 'tensorflow-gpu',
  backend: tfjsNodeBackend,
  providers: [],
  probe: async () => {
    const probe = await probeTfjsNode('@tensorflow/tfjs-node-gpu', 'TensorFlow on a CUDA GPU');
    if (!probe.usable || usesGpu()) return probe;
    return {
      usable: false,
      reason: 'TensorFlow loads, but no GPU answers',
      advice:
        'Check nvidia-smi, and that the CUDA 11 and cuDNN 8 libraries are on LD_LIBRARY_PATH.',
    };
  },
};

function usesGpu(): boolean {
  const backend = findBackend(tfjsNodeBackend) as { isUsingGpuDevice?: boolean } | null;
  return backend?.isUsingGpuDevice === true;
}
