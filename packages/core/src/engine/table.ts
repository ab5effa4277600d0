import { cpu } from './cpu';
import { getBackend } from '@tensorflow/tfjs-core';
import type { Engine, Precision } from './engine';
import { onnx, onnxCuda, onnxWebgpu } from './onnx';
import { onnxOpenvino } from './openvino';
import { tensorflow } from './tensorflow';
import { tensorflowGpu } from './tensorflow-gpu';
import { wasm } from './wasm';
import { xlaCpu } from './xla';

/** All engines, in the order in which `auto` tries them. */
export const engines: readonly Engine[] = [
  tensorflowGpu,
  onnx,
  onnxWebgpu,
  onnxCuda,
  onnxOpenvino,
  xlaCpu,
  tensorflow,
  wasm,
  cpu,
];

/**
 * The numbers in which the engine in use computes products and convolutions. Of a backend that is
 * not of {@link engines} it says float32.
 */
export function precisionInUse(): Precision {
  const backend = getBackend();
  return engines.some(({ inBf16 }) => inBf16?.backend === backend) ? 'bf16' : 'float32';
}
