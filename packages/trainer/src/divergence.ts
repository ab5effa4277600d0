import { NonFiniteError } from '@crossweave/core';
import type { TrainState } from './state';

/** Loss or gradients ceased to be finite. */
export class DivergenceError extends NonFiniteError {
  override readonly name: string = 'DivergenceError';
  /** The step that failed, counted from 1. */
  readonly step: number;
  /** Samples of its batch. */
  readonly ids: readonly string[];
  /** The first tensor that was not finite. */
  readonly tensor: string;
  /** The last good state; whoever catches the error disposes it. */
  readonly state: TrainState;

  constructor(failure: {
    step: number;
    ids: readonly string[];
    tensor: string;
    state: TrainState;
  }) {
    const { step, ids, tensor, state } = failure;
    const shown =
      ids.length > 8 ? `${ids.slice(0, 8).join(', ')} and ${ids.length - 8} more` : ids.join(', ');
    super(`NaN or an infinity in the ${tensor} at step ${step} (samples ${shown})`, {
      where: 'train',
      expected: 'finite numbers',
      advice:
        'Lower the learning rate or look at these samples; onNonFinite: "skip" leaves such batches out. ' +
        'What was trained before this step is saved, where the run saves.',
    });
    this.step = step;
    this.ids = ids;
    this.tensor = tensor;
    this.state = state;
  }
}
