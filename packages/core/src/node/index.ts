export { readBytes, readJson, writeFileAtomic, writeJsonAtomic } from './files';
export { loadSafetensors, saveSafetensors } from './safetensors';
