import type { Scalar } from '@tensorflow/tfjs-core';
import type { Params } from '../params';

/** Optimizer state: tensors by path. Saved in checkpoints, keyed by parameter path, never by position. */
export type OptimizerState = Params;

/** What one update gives. */
export interface OptimizerUpdate {
  readonly params: Params;
  readonly state: OptimizerState;
  /** Global 2-norm of the gradients as they came, before any clipping. */
  readonly gradientNorm: Scalar;
}

/**
 * Pure update rule. `update` returns new trees and leaves the old ones for the caller to dispose;
 * entries that did not change are the same tensors in both.
 * What accumulates (moments, bias corrections) is a tensor of the state; what is scheduled
 * is a number of `step` that enters as a scalar tensor, so that the graph of a step has the
 * same structure every time.
 */
export interface Optimizer {
  readonly name: string;
  init(params: Params): OptimizerState;
  /**
   * `gradients` may lack paths (frozen parameters): those come back as they are.
   * `step` counts the run's steps from 0; schedules read it.
   */
  update(gradients: Params, state: OptimizerState, params: Params, step: number): OptimizerUpdate;
  /** Learning rate of each parameter group at a step, for logs. */
  learningRates(step: number): Readonly<Record<string, number>>;
  /**
   * The parameters to evaluate and to use, where those are not the ones that are trained (averages over
   * steps). New tensors, the caller's to dispose; a parameter without an entry in the state comes back
   * as it is. Absent: the trained parameters themselves.
   */
  evaluated?(params: Params, state: OptimizerState): Params;
}
