import type { Engine, Probe } from './engine';
import { importNative, probeBackend } from './probe';

const packageName = '@crossweave/tfjs-backend-onnx';

/**
 * Runs whole training steps as ONNX graphs on ONNX Runtime, whose binaries are part of npm
 * packages.
 */
export const onnx: Engine = {
  name: 'onnx',
  aliases: ['onnx:cpu'],
  backend: 'onnx',
  probe: () =>
    probeBackend({
      backend: 'onnx',
      packageName,
      load: () => importNative(`${packageName}/register`),
      detail: 'ONNX Runtime on the CPU, whole steps as one graph',
    }),
};

/** ONNX Runtime on any GPU that has a driver for WebGPU's native forms (Vulkan, Metal, Direct3D). */
export const onnxWebgpu = onnxOn('webgpu', 'ONNX Runtime on the GPU, by WebGPU');

/** ONNX Runtime on an NVIDIA GPU, with CUDA libraries that the user has installed. */
export const onnxCuda = onnxOn('cuda', 'ONNX Runtime on the GPU, by CUDA');

/** The engine of an execution provider. Each provider has its own tfjs backend. */
function onnxOn(provider: string, detail: string): Engine {
  const name = `onnx:${provider}`;
  const load = async (): Promise<void> => {
    // Only this entry point registers gradients for the backend.
    await importNative(`${packageName}/register`);
    const { registerOnnxBackend } = (await importNative(packageName)) as {
      registerOnnxBackend: (options: { provider: string }) => unknown;
    };
    registerOnnxBackend({ provider });
  };
  const probe = (): Promise<Probe> => probeBackend({ backend: name, packageName, load, detail });
  return { name, backend: name, onlyByName: true, probe };
}
