export { listCheckpoints, loadCheckpoint, saveCheckpoint } from './checkpoints';
export { openRun, readMetrics, readRun } from './run-directory';
export type { RunDirectory, RunOptions } from './run-directory';
