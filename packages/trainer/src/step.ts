import {
  add,
  dispose,
  mul,
  scalar,
  sub,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type TensorContainerObject,
} from '@tensorflow/tfjs-core';
import {
  mapParams,
  partition,
  type Batch,
  type Context,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { averageAfter } from './averaged';
import { branchSums, branchesOf, gradientSquares } from './balance/branch-norms';
import { frozenAt, type FrozenOptions } from './frozen-at';
import { lossAndGradients, type Gradients } from './gradients';
import type { StepOptions } from './options';
import { partitionTrainable } from './partition';
import type { TrainState } from './state';
import type { TeacherState } from './teacher/options';
import { teach } from './teacher/teach';

export interface StepOutcome {
  readonly state: TrainState;
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: Scalar;
  /** What {@link branchFigures} reads; absent where `balance` is false. */
  readonly branches?: { readonly names: readonly string[]; readonly sums: Tensor2D };
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
    const [trainable, fixed] = partitionTrainable(options, state.params, state.step);
    const { model, next } = teach(options, state, batch);
    const found = lossAndGradients({ model, loss: options.loss }, trainable, fixed, batch, ctx);
    const { total, terms } = found;
    const applied = applyGradients(options, state, found, next);
    return { ...applied, total, terms } as StepOutcome & TensorContainerObject;
  });
}

/**
 * The second half of a step: what the optimizer makes of gradients, and all that follows the
 * parameters. Within a `tidy`; buffers that are frozen are disposed.
 *
 * @param next the teacher's state once the step has made its parameters.
 */
export function applyGradients<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  state: TrainState,
  { gradients: raw, recorded, terms }: Pick<Gradients, 'gradients' | 'recorded' | 'terms'>,
  next: (params: Params) => TeacherState | undefined = () => undefined,
): Omit<StepOutcome, 'total' | 'terms'> {
  const { optimizer, balance, modulate } = options;
  const [trainable] = partitionTrainable(options, state.params, state.step);
  const gradients = modulate === undefined ? raw : modulate(raw, terms, state.step);
  const squares = balance === false ? {} : gradientSquares(gradients);
  const updated = optimizer.update(gradients, state.optimizer, trainable, state.step);
  const moved = slowed(trainable, updated.params, state.memory?.rateFactor ?? 1);
  const frozen = frozenAt(options, state.step) ?? (() => false);
  const [held, buffers] = partition(recorded, (path) => frozen(path));
  dispose(Object.values(held));
  const params = mapParams(
    state.params,
    (value, path): Tensor => moved[path] ?? buffers[path] ?? value,
  );
  const teacher = next(params);
  const average = averageAfter(options, state, params);
  return {
    state: {
      step: state.step + 1,
      params,
      optimizer: updated.state,
      ...(teacher && { teacher }),
      ...(average && { average }),
      ...(state.memory && { memory: state.memory }),
    },
    gradientNorm: updated.gradientNorm,
    ...(balance !== false &&
      Object.keys(gradients).length > 0 && {
        branches: {
          names: branchesOf(gradients),
          sums: branchSums(gradients, squares, trainable, moved),
        },
      }),
  };
}

/** Only a share of the way from the old parameters to the new: as if all rates were that much lower. */
function slowed(before: Params, after: Params, factor: number): Params {
  if (factor === 1) return after;
  const share = scalar(factor);
  return mapParams(after, (value, path): Tensor => {
    const old = before[path];
    return old === undefined || old === value ? value : add(old, mul(sub(value, old), share));
  });
}

/** The context of a training step. */
export function trainingContext(
  options: FrozenOptions & { readonly recompute?: boolean },
  key: Key,
  step: number,
): Context {
  const { recompute } = options;
  const frozen = frozenAt(options, step);
  return {
    training: true,
    key,
    step,
    ...(frozen && { frozen }),
    ...(recompute !== undefined && { recompute }),
  };
}
