import { OnnxBackendError } from './errors';

/**
 * What ONNX Runtime computes with: `cpu`, `webgpu` (Dawn: Vulkan, Metal or Direct3D 12; it is
 * inside the npm package), or `cuda` (its libraries are installed apart).
 */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

export const PROVIDERS: readonly Provider[] = ['cpu', 'webgpu', 'cuda'];

/** What a provider needs on this platform, and how to get it. */
function advice(provider: Provider): string {
  const platform = `${process.platform}-${process.arch}`;
  switch (provider) {
    case 'cpu':
      return 'Reinstall @crossweave/tfjs-backend-onnx.';
    case 'webgpu':
      if (platform === 'linux-arm64') return 'It is not built for Linux on arm64.';
      return platform.startsWith('linux')
        ? 'It needs a GPU with a driver for Vulkan: vulkaninfo --summary lists those there are.'
        : `It needs a GPU with a driver for ${process.platform === 'darwin' ? 'Metal' : 'Direct3D 12'}.`;
    case 'cuda':
      if (platform !== 'linux-x64') return 'It is built for Linux on x64 alone.';
      return (
        'It needs an NVIDIA GPU with CUDA 12 and cuDNN 9, and libraries that are installed apart: ' +
        'ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node@1.30.0.'
      );
  }
}

/** The error for a provider that does not start here. */
export function providerError(provider: Provider, cause: unknown): OnnxBackendError {
  const text = cause instanceof Error ? cause.message : String(cause);
  // Dawn and ONNX Runtime put file names, lines and signatures before what went wrong.
  const reason = text.replace(/^.*\bwas false\. /s, '').trim();
  return new OnnxBackendError(
    'provider',
    `createOnnxBackend: the provider "${provider}" does not start on ` +
      `${process.platform}-${process.arch}: ${reason.replace(/\.?$/, '.')} ${advice(provider)}` +
      (provider === 'cpu' ? '' : ' Or use the provider "cpu".'),
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
