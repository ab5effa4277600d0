import { subtree, type FittedTask } from '@crossweave/core';
import { headOfLoss, type TrainedTask } from '@crossweave/lab';
import type { Measured } from './measure';

/** A model that was trained for a task. */
export interface Trained extends Measured {
  readonly task: FittedTask;
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
