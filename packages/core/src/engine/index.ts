export type { Engine, EngineSetting, Precision, Probe } from './engine';
export { fastestFor, speedOf, timesAsFast } from './speeds';
export type { EngineSpeed, EngineUse } from './speeds';
export { engines, precisionInUse } from './table';
export { describeEngines, useEngine } from './use-engine';
export type {
  EngineChoice,
  EngineName,
  EngineReport,
  RejectedEngine,
  UseEngineOptions,
} from './use-engine';
