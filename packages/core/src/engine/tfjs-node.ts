import { findBackend, getKernelsForBackend, unregisterKernel } from '@tensorflow/tfjs-core';
import type { Probe } from './engine';
import { addPixelPadding } from './padding';
import { importNative, probeBackend } from './probe';

/** The backend's name in `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu` alike. */
export const tfjsNodeBackend = 'tensorflow';

export interface TfjsNodePackage {
  readonly packageName: string;
  /** The command that gives it a native library. */
  readonly command: string;
}

/** What the backend of either package tells of itself. */
interface TfjsNodeBackend {
  readonly isGPUPackage?: boolean;
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

/** Probes either package of TensorFlow's C library; tells a missing library from a missing package. */
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

/** The backend that is loaded, of whichever package. */
export function loadedTfjsNode(): TfjsNodeBackend | null {
  return findBackend(tfjsNodeBackend) as TfjsNodeBackend | null;
}

/** The packages register their kernels before they look for their library. */
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
    return { ...probe, advice: `Install it, and a library for it: ${install} && npx ${command}` };
  }
  const advice = `Give it one, from pip or from a path: npx ${command}`;
  if (/tfjs_binding\.node\) can ?not be found/.test(probe.reason)) {
    return {
      usable: false,
      reason: `${packageName} is installed, but its native library is not there`,
      advice,
    };
  }
  // A shared library of TensorFlow, or of those it needs, that the system's loader refused.
  return /shared object|\.so\b|invalid ELF|symbol/i.test(probe.reason)
    ? { ...probe, advice }
    : probe;
}
