import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { OptimizerState, Params } from '@crossweave/core';
import type { TeacherState } from './teacher/options';

/** Everything that training carries from step to step. */
export interface TrainState {
  /** Steps done. */
  readonly step: number;
  /** The model's parameters and buffers, and the loss's under `loss.`. */
  readonly params: Params;
  readonly optimizer: OptimizerState;
  /** Of a momentum twin. */
  readonly teacher?: TeacherState;
}

/** Disposes the tensors of `old` that are not also in `kept`. */
export function disposeReplaced(old: TrainState, kept: TrainState): void {
  const alive = new Set(tensorsOf(kept));
  for (const value of tensorsOf(old)) if (!alive.has(value)) value.dispose();
}

export function disposeState(state: TrainState): void {
  dispose(tensorsOf(state));
}

function tensorsOf({ params, optimizer, teacher }: TrainState): Tensor[] {
  const queue = teacher?.queue;
  return [
    ...[params, optimizer, teacher?.params ?? {}].flatMap((tree) => Object.values(tree)),
    ...(queue === undefined ? [] : [queue.image, queue.text]),
  ];
}
