export { exitCode, main } from './main';
export type { Host } from './main';
export type {
  AblationConfig,
  DataConfig,
  PartConfig,
  PhaseConfig,
  TrainConfig,
} from './config/schema';
