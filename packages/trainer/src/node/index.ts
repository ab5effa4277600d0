export { listCheckpoints, loadTrainingState, saveTrainingState } from './checkpoints';
export type { LoadTrainingStateOptions, SaveTrainingStateOptions } from './checkpoints';
export { checksumOf, differencesOf, RunMismatchError } from './identity';
export type { IdentityDifference, RunIdentity } from './identity';
export { readMetrics } from './metrics';
export { holdsSteps, openRun } from './run-directory';
export type { RunDirectory, RunOptions } from './run-directory';
export { readRun, recordRun, replaceRecord, requireSameRun } from './run-record';
export type { RunRecord } from './run-record';
