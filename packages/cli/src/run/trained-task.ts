import { subtree, type FittedTask } from '@crossweave/core';
import { headOfLoss, sampledPrior, type TrainedTask } from '@crossweave/lab';
import type { Measured } from './measure';

/** A model that was trained for a task. */
export interface Trained extends Measured {
  readonly task: FittedTask;
}

/** What corrects the outputs of a model that was trained on sampled classes: nothing for others. */
export function correctionOf({ task, sampling = 'none' }: Trained): { readonly shift?: number[] } {
  return sampling === 'none' ? {} : { shift: sampledPrior(task, sampling) };
}

/** Its fusion and head, as the lab takes them. */
export function trainedTask({ parts, params, task }: Trained): TrainedTask {
  return {
    fusion: parts.fusion,
    params: subtree(params, 'fusion.'),
    task,
    head: headOfLoss(subtree(params, 'loss.'), task),
  };
}
