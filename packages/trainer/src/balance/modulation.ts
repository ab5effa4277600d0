import type { Scalar } from '@tensorflow/tfjs-core';
import type { Params } from '@crossweave/core';

/**
 * Other gradients in the place of those that were computed, within the step's graph.
 *
 * @param gradients by path.
 * @param terms the terms of the loss, by name.
 * @param step steps done.
 * @returns gradients of the same paths and shapes.
 */
export interface Modulation {
  (gradients: Params, terms: Readonly<Record<string, Scalar>>, step: number): Params;
  /** False: `step` is not read, so that steps can be compiled. Default true. */
  readonly readsStep?: boolean;
}
