import type { Engine, Probe } from './engine';
import { importNative, probeBackend } from './probe';

const packageName = '@crossweave/tfjs-backend-openvino';

/** OpenVINO on the CPU, with products in float32. Its library comes as a Python package. */
export const onnxOpenvino = openvino('onnx:openvino', 'products in float32');

/** OpenVINO on the CPU, with products and convolutions in bf16, on processors that have it. */
export const onnxOpenvinoBf16 = openvino(
  'onnx:openvino-bf16',
  'products and convolutions in bf16, everything else in float32',
);

function openvino(name: string, numbers: string): Engine {
  const probe = async (): Promise<Probe> =>
    withAdvice(
      await probeBackend({
        backend: name,
        packageName,
        load: () => importNative(`${packageName}/register`),
        detail: `OpenVINO on the CPU, ${numbers}`,
      }),
    );
  return { name, backend: name, onlyByName: true, probe };
}

/** The package's own error says what is missing and how to get it. That text is the advice. */
function withAdvice(probe: Probe): Probe {
  if (probe.usable) return probe;
  const [, reason, advice] =
    /: (OpenVINO is not installed: .*?)\. (It comes .*)$/.exec(probe.reason) ??
    /: (the processor .*?)\. (Use precision .*)$/.exec(probe.reason) ??
    [];
  return reason === undefined || advice === undefined
    ? probe
    : { usable: false, reason, advice };
}
