import { dispose, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  isBuffer,
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

/** Everything that training carries from step to step. */
export interface TrainState {
  /** Steps done. */
  readonly step: number;
  /** The model's parameters and buffers, and the loss's under `loss.`. */
  readonly params: Params;
  readonly optimizer: OptimizerState;
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
  return tidy(() => {
    const ctx = trainingContext(options, key);
    const [trainable, fixed] = partitionTrainable(options, state.params);
    const { total, terms, gradients, recorded } = lossAndGradients(
      options,
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
    return {
      state: { step: state.step + 1, params, optimizer: updated.state },
      total,
      terms,
      gradientNorm: updated.gradientNorm,
    };
  });
}

/** The context of a training step. */
export function trainingContext(
  { frozen, recompute }: { frozen?: (path: string) => boolean; recompute?: boolean },
  key: Key,
): Context {
  return {
    training: true,
    key,
    ...(frozen && { frozen }),
    ...(recompute !== undefined && { recompute }),
  };
}

/** The parameters gradients are taken for, and all others. */
export function partitionTrainable(
  options: { readonly frozen?: (path: string) => boolean },
  params: Params,
): [trainable: Params, fixed: Params] {
  const frozen = options.frozen ?? (() => false);
  return partition(params, (path) => !isBuffer(path) && !frozen(path));
}

/** Disposes the tensors of `old` that are not also in `kept`. */
export function disposeReplaced(old: TrainState, kept: TrainState): void {
  const alive = new Set([...Object.values(kept.params), ...Object.values(kept.optimizer)]);
  for (const value of [...Object.values(old.params), ...Object.values(old.optimizer)]) {
    if (!alive.has(value)) value.dispose();
  }
}

export function disposeState(state: TrainState): void {
  dispose([...Object.values(state.params), ...Object.values(state.optimizer)]);
}
