export { toOurParams, toTheirParams } from './key-map/convert';
export { keyMap } from './key-map/key-map';
export type { KeyMap, KeyMapOptions, KeyRule, KeyTarget } from './key-map/key-map';
export { matchParams } from './key-map/match-params';
export type { Match, MatchOptions } from './key-map/match-params';
export type { SafetensorsType } from './safetensors/elements';
export { paramsFromSafetensors, paramsToSafetensors } from './safetensors/params';
export { parseSafetensors, serializeSafetensors } from './safetensors/safetensors';
export type { SafetensorsFile, StoredTensor } from './safetensors/safetensors';
