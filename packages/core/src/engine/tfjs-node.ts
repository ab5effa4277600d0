import { findBackend, getKernelsForBackend, unregisterKernel } from '@tensorflow/tfjs-core';
import type { Probe } from './engine';
import { addPixelPadding } from './padding';
import { importNative, probeBackend } from './probe';

/** The backend's name in `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu` alike. */
export const tfjsNodeBackend = 'tensorflow';

export interface TfjsNodePackage {
  readonly packageName: string;
  /** The command that installs its native library. */
  readonly command: string;
}

/** Properties of the backend of either package. */
interface TfjsNodeBackend {
  readonly isGPUPackage?: boolean;
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

/**
 * Probes `@tensorflow/tfjs-node` or `-gpu`; a missing native library and a missing package give
 * different reasons.
 */
export async function probeTfjsNode(source: TfjsNodePackage): Promise<Probe> {
  const { packageName } = source;
  restoreUtilities();
  const probe = await probeBackend({
    backend: tfjsNodeBackend,
    packageName,
    detail: "TensorFlow's C library",
    load: async () => {
      try {
        await importNative(packageName);
      } catch (error) {
        removeKernels();
        throw error;
      }
    },
  });
  if (!probe.usable) return explainLibrary(source, probe);
  addPixelPadding(tfjsNodeBackend);
  const { binding, isUsingGpuDevice = false } = loadedTfjsNode() ?? {};
  const device = isUsingGpuDevice ? 'a CUDA GPU' : 'the CPU';
  return { usable: true, detail: `TensorFlow ${binding?.TF_Version ?? ''} on ${device}` };
}

/** The loaded backend of either package. */
export function loadedTfjsNode(): TfjsNodeBackend | null {
  return findBackend(tfjsNodeBackend) as TfjsNodeBackend | null;
}

/** Removes the kernels that a package registered before it failed to load its native library. */
function removeKernels(): void {
  for (const { kernelName } of getKernelsForBackend(tfjsNodeBackend)) {
    unregisterKernel(kernelName, tfjsNodeBackend);
  }
}

/** tfjs-node 4.22 calls two functions of Node's `util` that Node 23 removed. */
function restoreUtilities(): void {
  const node = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } })
    .process;
  const util = node?.getBuiltinModule?.('util') as Record<string, unknown> | undefined;
  if (util === undefined) return;
  util['isNullOrUndefined'] ??= (value: unknown): boolean => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}

function explainLibrary(
  { packageName, command }: TfjsNodePackage,
  probe: Probe & { usable: false },
): Probe {
  if (probe.reason === `${packageName} is not installed`) {
    const install = `npm install --ignore-scripts ${packageName}`;
    return { ...probe, advice: `Install it and its native library: ${install} && npx ${command}` };
  }
  const advice = `Install the library from pip or from a path: npx ${command}`;
  if (/tfjs_binding\.node\) can ?not be found/.test(probe.reason)) {
    return {
      usable: false,
      reason: `${packageName} is installed, but its native library is missing`,
      advice,
    };
  }
  // The system's loader refused TensorFlow's library or one of its dependencies.
  return /shared object|\.so\b|invalid ELF|symbol/i.test(probe.reason)
    ? { ...probe, advice }
    : probe;
}
