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
  type Key,
  type PooledFeatures,
} from '@crossweave/core';
import { lossAndGradients } from './gradients';
import type { StepOptions } from './options';
import { partitionTrainable } from './partition';
import type { TrainState } from './state';
import { teach } from './teacher/teach';

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
