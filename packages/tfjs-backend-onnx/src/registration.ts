import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { getKernelsForBackend, registerBackend, registerKernel } from '@tensorflow/tfjs-core';
import { OnnxBackend } from './backend';
import { runOnCpu } from './fallback';
import { CPU_ONLY } from './kernels/cpu-only';
import type { KernelContext } from './kernels/context';
import type { Kernel } from './kernels/kernel';
import { ANY_TYPE, KERNELS } from './kernels/table';
import type { OnnxBackendOptions } from './options';
import { resolveOptions } from './options';
import type { Provider } from './providers';
import { checkProvider } from './providers';

/** The tfjs name of the backend with its default provider. */
export const BACKEND_NAME = 'onnx';
/** Above tfjs's wasm (2) and cpu (1) backends, below tfjs-node (3). */
const PRIORITY = 2.5;

type TypedKernel = (
  context: KernelContext,
  ...rest: [inputs: unknown, attributes: unknown]
) => TensorInfo | TensorInfo[];

/** tfjs-core does not type the arguments of kernels; this is the only place with a cast. */
function toKernelFunc(kernelName: string, kernel: Kernel): KernelFunc {
  const run = kernel as TypedKernel;
  const graphTypesOnly = !ANY_TYPE.has(kernelName);
  return ({ inputs, attrs, backend }) => {
    const onnx = asOnnx(backend);
    if (graphTypesOnly && hasForeignType(inputs)) {
      return runOnCpu(kernelName, onnx, inputs, attrs ?? {});
    }
    onnx.graph.bound();
    return run(onnx.kernels, inputs, attrs);
  };
}

/** Whether an input is a string or complex tensor, which a graph cannot hold. */
function hasForeignType(inputs: NamedTensorInfoMap): boolean {
  for (const name in inputs) {
    const dtype = (inputs[name] as TensorInfo | null | undefined)?.dtype;
    if (dtype === 'string' || dtype === 'complex64') return true;
  }
  return false;
}

/** Checks the backend that tfjs-core passes to a kernel as an untyped object. */
function asOnnx(backend: object): OnnxBackend {
  if (backend instanceof OnnxBackend) return backend;
  throw new TypeError('A kernel of the onnx backend was called with a different backend.');
}

/**
 * The tfjs name of the backend of a provider: `onnx` for the cpu, else `onnx:webgpu`, `onnx:cuda`.
 * @throws OnnxBackendError `provider` for an unknown provider.
 */
export function backendName(provider: Provider = 'cpu'): string {
  return checkProvider(provider) === 'cpu' ? BACKEND_NAME : `${BACKEND_NAME}:${provider}`;
}

/** Registers every kernel for a backend. Further calls do nothing. */
export function registerKernels(backend: string = BACKEND_NAME): void {
  const known = new Set(getKernelsForBackend(backend).map((kernel) => kernel.kernelName));
  const register = (kernelName: string, kernelFunc: KernelFunc): void => {
    if (known.has(kernelName)) return;
    registerKernel({ kernelName, backendName: backend, kernelFunc });
  };
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    register(kernelName, toKernelFunc(kernelName, kernel));
  }
  for (const kernelName of Object.keys(CPU_ONLY)) {
    register(kernelName, ({ inputs, attrs, backend }) =>
      runOnCpu(kernelName, asOnnx(backend), inputs, attrs ?? {}),
    );
  }
}

/**
 * Registers a backend with tfjs under the name of its provider (see `backendName`), and returns
 * that name. `setBackend` creates the backend. @throws OnnxBackendError `options` for an unknown or
 * wrong option.
 */
export function registerOnnxBackend(options: OnnxBackendOptions = {}): string {
  const name = backendName(resolveOptions(options).provider);
  registerKernels(name);
  registerBackend(name, () => new OnnxBackend(options), PRIORITY);
  return name;
}

/**
 * Creates a backend and registers its kernels. The caller registers the backend with tfjs. @throws
 * OnnxBackendError `options` for an unknown or wrong option, `runtime` if ONNX Runtime does not
 * load, `provider` if the provider does not start on this machine.
 */
export function createOnnxBackend(options: OnnxBackendOptions = {}): OnnxBackend {
  registerKernels(backendName(resolveOptions(options).provider));
  return new OnnxBackend(options);
}
