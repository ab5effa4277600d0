import {
  dispose,
  tidy,
  type Scalar,
  type Tensor,
  type TensorContainerObject,
} from '@tensorflow/tfjs-core';
import {
  mapParams,
  partition,
  type Batch,
  type Context,
  type Features,
  type Key,
  type Optimizer,
  type OptimizerState,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { lossAndGradients, type Objective } from './gradients';
import { partitionTrainable } from './partition';
import type { TeacherOptions, TeacherState } from './teacher/options';
import { teach } from './teacher/teach';

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

export interface StepOptions<Image, Text, F extends PooledFeatures = Features> extends Objective<
  Image,
  Text,
  F
> {
  readonly optimizer: Optimizer;
  /** Parameters (and their buffers) that stay as they are. Default: none. */
  readonly frozen?: (path: string) => boolean;
  /** Encoders compute their layers again in the backward pass, to hold less. Default false. */
  readonly recompute?: boolean;
  /**
   * A second model for losses that learn from one (`outputs.teacher`): a momentum twin, or a trained
   * model. Default: none.
   */
  readonly teacher?: TeacherOptions<Image, Text, F>;
}

export interface StepOutcome {
  readonly state: TrainState;
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: Scalar;
}

/**
 * One training step: forward, backward, clip, update. Pure and synchronous, so a lazy engine
 * runs it whole at the first read. Tensors of the new state that did not change are those of the old.
 */
export function trainStep<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  state: TrainState,
  batch: Batch<Image, Text>,
  key: Key,
): StepOutcome {
  // A type of tfjs's that interfaces do not fit: it asks for an index signature.
  return tidy<StepOutcome & TensorContainerObject>(() => {
    const ctx = trainingContext(options, key, state.step);
    const [trainable, fixed] = partitionTrainable(options, state.params);
    const { model, next } = teach(options, state, batch);
    const { total, terms, gradients, recorded } = lossAndGradients(
      { model, loss: options.loss },
      trainable,
      fixed,
      batch,
      ctx,
    );
    const updated = options.optimizer.update(gradients, state.optimizer, trainable, state.step);
    const frozen = options.frozen ?? (() => false);
    const [held, buffers] = partition(recorded, (path) => frozen(path));
    dispose(Object.values(held));
    const params = mapParams(
      state.params,
      (value, path): Tensor => updated.params[path] ?? buffers[path] ?? value,
    );
    const teacher = next(params);
    const outcome: StepOutcome = {
      state: {
        step: state.step + 1,
        params,
        optimizer: updated.state,
        ...(teacher && { teacher }),
      },
      total,
      terms,
      gradientNorm: updated.gradientNorm,
    };
    return outcome as StepOutcome & TensorContainerObject;
  });
}

/** The context of a training step. */
export function trainingContext(
  { frozen, recompute }: { frozen?: (path: string) => boolean; recompute?: boolean },
  key: Key,
  step: number,
): Context {
  return {
    training: true,
    key,
    step,
    ...(frozen && { frozen }),
    ...(recompute !== undefined && { recompute }),
  };
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
