import type { Engine, Probe } from './engine';
import { importNative, probeBackend } from './probe';

const PACKAGE = '@crossweave/tfjs-backend-onnx';

const DETAILS: Readonly<Record<string, string>> = {
  cpu: 'ONNX Runtime on the CPU, whole steps as one graph',
  webgpu: 'ONNX Runtime on WebGPU, whole steps as one graph, parameters on the GPU',
  cuda: 'ONNX Runtime on CUDA, whole steps as one graph',
};

/** Whole training steps as ONNX graphs on ONNX Runtime; its binaries come inside npm packages. */
export const onnx: Engine = {
  name: 'onnx',
  backend: 'onnx',
  providers: Object.keys(DETAILS),
  probe: async (provider = 'cpu'): Promise<Probe> => {
    const backend = provider === 'cpu' ? 'onnx' : `onnx:${provider}`;
    const probe = await probeBackend({
      backend,
      packageName: PACKAGE,
      load: () => load(provider),
      detail: DETAILS[provider] ?? provider,
    });
    return probe.usable ? { ...probe, backend } : probe;
  },
};

/** Registers the gradients and the backend `onnx`, and that of another provider besides. */
async function load(provider: string): Promise<void> {
  await importNative(`${PACKAGE}/register`);
  if (provider === 'cpu') return;
  const { registerOnnxBackend } = (await importNative(PACKAGE)) as {
    registerOnnxBackend: (options: { provider: string }) => string;
  };
  registerOnnxBackend({ provider });
}
