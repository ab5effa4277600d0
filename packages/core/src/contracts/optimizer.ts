import type { Params } from '../params';

/** Optimizer state: tensors by path. Saved in checkpoints, keyed by parameter path, never by position. */
export type OptimizerState = Params;

/**
 * Pure update rule. `update` returns new trees and leaves the old ones for the caller to dispose.
 * Everything that changes from step to step (the step count) is a tensor of the state, so that a
 * compiled step can be replayed.
 */
export interface Optimizer {
  readonly name: string;
  init(params: Params): OptimizerState;
  /** `gradients` may lack paths (frozen parameters): those come back as they are. */
  update(
    gradients: Params,
    state: OptimizerState,
    params: Params,
  ): { params: Params; state: OptimizerState };
}
