export { findCheckpoint } from './checkpoints/find-checkpoint';
export type { FindOptions, FoundCheckpoint } from './checkpoints/find-checkpoint';
export { listCheckpoint } from './checkpoints/list-checkpoint';
export type { CheckpointList } from './checkpoints/list-checkpoint';
export { loadCheckpoint } from './checkpoints/load-checkpoint';
export type { LoadedCheckpoint, LoadOptions } from './checkpoints/load-checkpoint';
export { saveCheckpoint } from './checkpoints/save-checkpoint';
export type { SaveOptions } from './checkpoints/save-checkpoint';
export {
  codeOf,
  createFileAtomic,
  fileError,
  makeFolder,
  readBytes,
  readJson,
  removeTemporaries,
  writeFileAtomic,
  writeJsonAtomic,
} from './files';
export { LockError, lockFolder } from './lock';
export type { FolderLock } from './lock';
export type { LockHolder } from './lock-holder';
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
