export { onnxTextEncoder } from './onnx-text-encoder';
export type { OnnxTextEncoderOptions } from './onnx-text-encoder';
