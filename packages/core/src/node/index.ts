export type { FindOptions } from './checkpoints/find-checkpoint';
export { loadCheckpoint } from './checkpoints/load-checkpoint';
export type { LoadedCheckpoint, LoadOptions } from './checkpoints/load-checkpoint';
export { saveCheckpoint } from './checkpoints/save-checkpoint';
export type { SaveOptions } from './checkpoints/save-checkpoint';
export { readBytes, readJson, writeFileAtomic, writeJsonAtomic } from './files';
export { loadSafetensors, saveSafetensors } from './safetensors';
