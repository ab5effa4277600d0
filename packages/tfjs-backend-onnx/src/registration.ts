import type { KernelFunc } from '@tensorflow/tfjs-core';
import { getKernel, registerBackend, registerKernel } from '@tensorflow/tfjs-core';
import { OnnxBackend } from './backend';
import { fallback } from './fallback';
import { CPU_ONLY } from './kernels/cpu-only';
import type { Kernel } from './kernels/kernel';
import { KERNELS } from './kernels/table';
import type { OnnxBackendOptions } from './options';

/** The name under which tfjs knows the backend. */
export const BACKEND_NAME = 'onnx';
/** Above tfjs's wasm (2) and cpu (1) backends, below tfjs-node (3). */
const PRIORITY = 2.5;

type TypedKernel = (
  backend: OnnxBackend,
  ...rest: [inputs: unknown, attributes: unknown]
) => ReturnType<Kernel>;

/** tfjs-core is not typed per kernel; this is the one place where its arguments are trusted. */
function toKernelFunc(kernel: Kernel): KernelFunc {
  const run = kernel as TypedKernel;
  return ({ inputs, attrs, backend }) => {
    const onnx = backend as OnnxBackend;
    onnx.bound();
    return run(onnx, inputs, attrs ?? {});
  };
}

/** Registers every kernel; done once, however often it is called. */
export function registerKernels(): void {
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    if (getKernel(kernelName, BACKEND_NAME) !== undefined) continue;
    registerKernel({ kernelName, backendName: BACKEND_NAME, kernelFunc: toKernelFunc(kernel) });
  }
  for (const kernelName of CPU_ONLY) {
    if (getKernel(kernelName, BACKEND_NAME) !== undefined) continue;
    const kernelFunc = fallback(kernelName);
    registerKernel({ kernelName, backendName: BACKEND_NAME, kernelFunc });
  }
}

/** Registers the backend `onnx` with tfjs; it is made when `setBackend('onnx')` asks for it. */
export function registerOnnxBackend(options: OnnxBackendOptions = {}): void {
  registerKernels();
  registerBackend(BACKEND_NAME, () => new OnnxBackend(options), PRIORITY);
}

/** Makes a backend with its kernels registered, to be registered with tfjs by the caller. */
export function createOnnxBackend(options: OnnxBackendOptions = {}): OnnxBackend {
  registerKernels();
  return new OnnxBackend(options);
}
