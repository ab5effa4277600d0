export { makeScenes } from './make';
export type { MakeScenesOptions, SceneRecord, ScenesSummary } from './make';
