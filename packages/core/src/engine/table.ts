import { cpu } from './cpu';
import { getBackend } from '@tensorflow/tfjs-core';
import type { Engine, Precision } from './engine';
import { onnx, onnxCuda, onnxWebgpu } from './onnx';
import { onnxOpenvino } from './openvino';
import { tensorflow } from './tensorflow';
import { tensorflowGpu } from './tensorflow-gpu';
import { wasm } from './wasm';
import { xlaCpu, xlaCuda, xlaRocm, xlaTpu } from './xla';

/** All engines, in the order in which `auto` tries them. */
export const engines: readonly Engine[] = [
  tensorflowGpu,
  xlaCuda,
  xlaRocm,
  xlaTpu,
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
  // The name of a backend on several devices ends with their number.
  const devices = Number(/-x(\d+)$/.exec(backend)?.[1] ?? 1);
  const lower = ['tf32', 'bf16'] as const;
  const isInUse = (precision: Precision): boolean =>
    engines.some(({ variant }) => variant?.({ precision, devices })?.backend === backend);
  return lower.find(isInUse) ?? 'float32';
}
