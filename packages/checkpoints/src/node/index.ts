export { findCheckpoint } from './find-checkpoint';
export type { FindOptions, FoundCheckpoint } from './find-checkpoint';
export { listCheckpoint } from './list-checkpoint';
export type { CheckpointList } from './list-checkpoint';
export { loadCheckpoint } from './load-checkpoint';
export type { LoadedCheckpoint, LoadOptions } from './load-checkpoint';
export { saveCheckpoint } from './save-checkpoint';
export type { SaveOptions } from './save-checkpoint';
export { loadSafetensors, readSafetensorsMetadata, saveSafetensors } from './safetensors';
export { findOnnxFolder } from './transformers/find-onnx-folder';
export type { OnnxFolder } from './transformers/find-onnx-folder';
export { fromFolder } from './transformers/folder';
export { importTransformers } from './transformers/library';
export type {
  TransformersImports,
  TransformersLibrary,
  TransformersLibraryName,
} from './transformers/library';
export { loadOnnxModel, onnxFile, onnxOutput } from './transformers/onnx-model';
export type { OnnxModel, OnnxModelOptions } from './transformers/onnx-model';
