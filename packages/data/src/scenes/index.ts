export { makeScenes } from './make';
export type { MakeScenesOptions } from './make';
export type { SceneRecord } from './records';
export type { ScenesSummary } from './summary';
