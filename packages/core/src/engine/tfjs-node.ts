import { getKernelsForBackend, unregisterKernel } from '@tensorflow/tfjs-core';
import type { Probe } from './engine';
import { importNative, probeBackend } from './probe';

/** The backend's name in `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu` alike. */
export const tfjsNodeBackend = 'tensorflow';

/** Probes either package of TensorFlow's C library; tells a missing library from a missing package. */
export function probeTfjsNode(packageName: string, detail: string): Promise<Probe> {
  return explainLibrary(
    packageName,
    probeBackend({
      backend: tfjsNodeBackend,
      packageName,
      detail,
      load: async () => {
        try {
          await importNative(packageName);
        } catch (error) {
          removeKernels();
          throw error;
        }
      },
    }),
  );
}

/** The packages register their kernels before they look for their library. */
function removeKernels(): void {
  for (const { kernelName } of getKernelsForBackend(tfjsNodeBackend)) {
    unregisterKernel(kernelName, tfjsNodeBackend);
  }
}

async function explainLibrary(packageName: string, probing: Promise<Probe>): Promise<Probe> {
  const probe = await probing;
  if (probe.usable || !probe.reason.includes('tfjs_binding.node')) return probe;
  return {
    usable: false,
    reason: `${packageName} is installed, but its native library is not there`,
    advice:
      'Its install script downloads the library: allow that script (pnpm approve-builds; npm runs ' +
      'it by itself) and reinstall where storage.googleapis.com can be reached.',
  };
}
