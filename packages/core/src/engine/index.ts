export type { Engine, EngineSetting, Precision, Probe } from './engine';
export { engines } from './table';
export { describeEngines, useEngine } from './use-engine';
export type {
  EngineChoice,
  EngineName,
  EngineReport,
  RejectedEngine,
  UseEngineOptions,
} from './use-engine';
