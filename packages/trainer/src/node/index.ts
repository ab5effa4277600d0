export { listCheckpoints, loadCheckpoint, saveCheckpoint } from './checkpoints';
export type { LoadCheckpointOptions, SaveCheckpointOptions } from './checkpoints';
export { checksumOf, RunMismatchError } from './identity';
export type { IdentityDifference, RunIdentity } from './identity';
export { readMetrics } from './metrics';
export { openRun } from './run-directory';
export type { RunDirectory, RunOptions } from './run-directory';
export { readRun, requireSameRun } from './run-record';
export type { RunRecord } from './run-record';
