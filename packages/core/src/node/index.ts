export { readBytes, readJson, writeFileAtomic, writeJsonAtomic } from './files';
export { loadSafetensors, saveSafetensors } from './safetensors';
export { fromFolder } from './transformers/folder';
export { importTransformers } from './transformers/library';
export type {
  TransformersImports,
  TransformersLibrary,
  TransformersLibraryName,
} from './transformers/library';
export { loadOnnxModel, onnxOutput } from './transformers/onnx-model';
export type { OnnxModel, OnnxModelOptions } from './transformers/onnx-model';
