import { removeBackend } from '@tensorflow/tfjs-core';
import type { Engine, Probe } from './engine';
import { importNative, isRegistered, probeBackend } from './probe';

const packageName = '@crossweave/tfjs-backend-openvino';

/** What the package exports, as far as it is used here. */
interface OpenvinoPackage {
  registerOpenvinoBackend(options: { readonly precision: 'float32' | 'bf16' }): string;
}

const inBf16 = {
  backend: 'onnx:openvino-bf16',
  probe: () => probe('bf16', 'products and convolutions in bf16'),
};

/** OpenVINO on the CPU. Its library comes as a Python package. */
export const onnxOpenvino: Engine = {
  name: 'onnx:openvino',
  backend: 'onnx:openvino',
  ifFasterThan: 'onnx',
  variant: ({ precision, devices }) => (precision === 'bf16' && devices === 1 ? inBf16 : undefined),
  probe: async () => {
    const inFloat32 = await probe('float32', 'whole steps as one graph');
    if (!inFloat32.usable) return inFloat32;
    const { usable } = await inBf16.probe();
    const also = usable ? 'with precision bf16 too' : 'this processor has no bf16';
    return { usable: true, detail: `${inFloat32.detail}; ${also}` };
  },
};

async function probe(precision: 'float32' | 'bf16', how: string): Promise<Probe> {
  const backend = precision === 'bf16' ? inBf16.backend : 'onnx:openvino';
  const load = async (): Promise<void> => {
    await importNative(`${packageName}/register`);
    const openvino = (await importNative(packageName)) as OpenvinoPackage;
    if (!isRegistered(backend)) openvino.registerOpenvinoBackend({ precision });
  };
  const detail = `OpenVINO on the CPU, ${how}`;
  const probed = await probeBackend({ backend, packageName, load, detail });
  // Where no backend is chosen tfjs would try it again and again, and say so each time.
  if (!probed.usable && isRegistered(backend)) removeBackend(backend);
  return probed;
}
