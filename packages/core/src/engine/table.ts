import { cpu } from './cpu';
import type { Engine } from './engine';
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
