import type { TrainRecord } from './records';
import type { TrainState } from './state';

/**
 * Where a run lives between two calls of `train`: its records and its states. `openRun` of
 * `@crossweave/trainer/node` keeps it in a folder; a browser may keep it in IndexedDB.
 */
export interface RunStore {
  /** The newest state that was saved, undefined for a new run; the caller disposes it. */
  readonly resume: () => Promise<TrainState | undefined>;
  readonly log: (record: TrainRecord) => void;
  /**
   * Keeps a state. That of `state.memory.best.step` stays until there is a better one, whatever
   * else is removed.
   */
  readonly checkpoint: (state: TrainState) => Promise<void>;
  /**
   * Told how many steps the run is to have before anything else is asked. Another number than at the
   * first time is refused; a larger one is taken where `extend` is true.
   */
  readonly plan?: (steps: number, extend: boolean) => Promise<void>;
}
