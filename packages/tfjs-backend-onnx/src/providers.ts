import { OnnxBackendError } from './errors';

/**
 * ONNX Runtime's execution provider: `cpu`, `webgpu` (Dawn: Vulkan, Metal or Direct3D 12; included
 * in the npm package), or `cuda` (its libraries are installed separately).
 */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

export const PROVIDERS: readonly Provider[] = ['cpu', 'webgpu', 'cuda'];

/** Advice: what a provider needs on this platform, and how to get it. */
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
      if (platform !== 'linux-x64') return 'It is built only for Linux on x64.';
      return (
        'It needs an NVIDIA GPU with CUDA 12 and cuDNN 9, and libraries that are installed separately: ' +
        'ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node@1.30.0.'
      );
  }
}

/** The error for a provider that does not start on this machine. */
export function providerError(provider: Provider, cause: unknown): OnnxBackendError {
  const text = cause instanceof Error ? cause.message : String(cause);
  // Dawn and ONNX Runtime put file names, lines and signatures before the reason.
  const reason = text
    .replace(/^.*\bwas false\. /s, '')
    .replace(/\bOrt\w+: /, '')
    .trim();
  const instead = provider === 'cpu' ? '' : ' The provider "cpu" works without it.';
  return new OnnxBackendError(
    'provider',
    `The provider "${provider}" does not start on ${process.platform}-${process.arch}: ` +
      reason.replace(/\.?$/, '.'),
    undefined,
    { cause, advice: `${advice(provider)}${instead}` },
  );
}

/** @throws OnnxBackendError `provider` for an unknown provider. */
export function checkProvider(provider: string): Provider {
  const found = PROVIDERS.find((known) => known === provider);
  if (found !== undefined) return found;
  throw new OnnxBackendError(
    'provider',
    `createOnnxBackend: there is no provider "${provider}"; expected one of ${PROVIDERS.join(', ')}.`,
  );
}
