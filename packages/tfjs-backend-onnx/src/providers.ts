import { OnnxBackendError } from './errors';

/**
 * What ONNX Runtime computes with: `cpu`, `webgpu` (Dawn: Vulkan, Metal or Direct3D 12; it is
 * inside the npm package), or `cuda` (its libraries are installed apart).
 */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

export const PROVIDERS: readonly Provider[] = ['cpu', 'webgpu', 'cuda'];

const ADVICE: Readonly<Record<Provider, string>> = {
  cpu: 'Reinstall onnxruntime-node.',
  webgpu:
    'It needs a GPU with a driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows), and ' +
    'is not built for Linux on arm64. Install the driver, or use the provider "cpu".',
  cuda:
    'It needs Linux on x64, an NVIDIA GPU with CUDA 12 and cuDNN 9, and the CUDA libraries of ' +
    'onnxruntime-node, which only its install script fetches: set ONNXRUNTIME_NODE_INSTALL=cuda12 ' +
    'and install onnxruntime-node again with scripts allowed (pnpm: onlyBuiltDependencies). Or ' +
    'use the provider "cpu".',
};

/** The error for a provider that does not start here. */
export function providerError(provider: Provider, cause: unknown): OnnxBackendError {
  const text = cause instanceof Error ? cause.message : String(cause);
  // Dawn and ONNX Runtime put file names, lines and signatures before what went wrong.
  const reason = text.replace(/^.*\bwas false\. /s, '').trim();
  return new OnnxBackendError(
    'provider',
    `createOnnxBackend: the provider "${provider}" does not start on ` +
      `${process.platform}-${process.arch}: ${reason.replace(/\.?$/, '.')} ${ADVICE[provider]}`,
    undefined,
    { cause },
  );
}

/** @throws OnnxBackendError `provider` for a name that is none. */
export function checkProvider(provider: string): Provider {
  const found = PROVIDERS.find((known) => known === provider);
  if (found !== undefined) return found;
  throw new OnnxBackendError(
    'provider',
    `createOnnxBackend: there is no provider "${provider}"; expected one of ${PROVIDERS.join(', ')}.`,
  );
}
