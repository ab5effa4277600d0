import type { Scalar } from '@tensorflow/tfjs-core';
import type { Params } from '../params';
import type { Configured } from './part-config';

/** Optimizer state: tensors by path. Saved in checkpoints, keyed by parameter path, never by position. */
export type OptimizerState = Params;

/** The number of a step, from 0, as a source for `hostValue`. */
export interface StepClock {
  readonly step: number;
}

/** The result of one update. */
export interface OptimizerUpdate {
  readonly params: Params;
  readonly state: OptimizerState;
  /** Global 2-norm of the gradients before clipping. */
  readonly gradientNorm: Scalar;
}

/**
 * A pure update rule. `update` returns new trees; the caller disposes the old trees. An entry that
 * did not change is the same tensor in the old and the new tree.
 *
 * Values that accumulate (moments, bias corrections) are tensors of the state. Scheduled values are
 * computed from `step` and enter as scalar tensors, so that the graph of a step has the same
 * structure at every step.
 */
export interface Optimizer extends Configured {
  readonly name: string;
  init(params: Params): OptimizerState;
  /**
   * A parameter without an entry in `gradients` (a frozen one) is returned unchanged. `step` is the
   * index of the training step, from 0; schedules read it.
   */
  update(gradients: Params, state: OptimizerState, params: Params, step: number): OptimizerUpdate;
  /**
   * The same update where the step's number is not known yet: what depends on it is made by
   * `hostValue(clock)`. The trainer compiles the steps of an optimizer that has it. Absent: steps with
   * this optimizer are not compiled.
   */
  updateAt?(
    gradients: Params,
    state: OptimizerState,
    params: Params,
    clock: StepClock,
  ): OptimizerUpdate;
  /** Learning rate of each parameter group at a step, for logs. */
  learningRates(step: number): Readonly<Record<string, number>>;
  /**
   * The parameters to evaluate and use, if they differ from the trained parameters (averages over
   * steps). They are new tensors, which the caller disposes; a parameter without an entry in the
   * state is returned unchanged. Absent: the trained parameters are used.
   */
  evaluated?(params: Params, state: OptimizerState): Params;
}
