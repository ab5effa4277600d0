export { onnxImageEncoder } from './onnx-image-encoder';
export type { OnnxImageEncoder, OnnxImageEncoderOptions } from './onnx-image-encoder';
export type { ImagePreprocessing } from '../preprocessing';
