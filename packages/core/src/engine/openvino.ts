import type { Engine, Probe } from './engine';
import { importNative, probeBackend } from './probe';

const packageName = '@crossweave/tfjs-backend-openvino';

const inBf16 = {
  backend: 'onnx:openvino-bf16',
  probe: () => probe('onnx:openvino-bf16', 'products and convolutions in bf16'),
};

/** OpenVINO on the CPU. Its library comes as a Python package. */
export const onnxOpenvino: Engine = {
  name: 'onnx:openvino',
  backend: 'onnx:openvino',
  onlyByName: true,
  ifFasterThan: 'onnx',
  variant: ({ precision, devices }) => (precision === 'bf16' && devices === 1 ? inBf16 : undefined),
  probe: async () => {
    const inFloat32 = await probe('onnx:openvino', 'whole steps as one graph');
    if (!inFloat32.usable) return inFloat32;
    const { usable } = await inBf16.probe();
    const also = usable ? 'with precision bf16 too' : 'this processor has no bf16';
    return { usable: true, detail: `${inFloat32.detail}; ${also}` };
  },
};

async function probe(backend: string, how: string): Promise<Probe> {
  return withAdvice(
    await probeBackend({
      backend,
      packageName,
      load: () => importNative(`${packageName}/register`),
      detail: `OpenVINO on the CPU, ${how}`,
    }),
  );
}

/** The package's own error says what is missing and how to get it. That text is the advice. */
function withAdvice(probed: Probe): Probe {
  if (probed.usable) return probed;
  const [, reason, advice] =
    /: OpenVINO is (not installed: .*?)\. (It comes .*)$/.exec(probed.reason) ??
    /: the (processor .*?)\. (Use precision .*)$/.exec(probed.reason) ??
    [];
  if (reason === undefined || advice === undefined) return probed;
  const subject = reason.startsWith('processor') ? 'the' : 'OpenVINO is';
  return { usable: false, reason: `${subject} ${reason}`, advice };
}
