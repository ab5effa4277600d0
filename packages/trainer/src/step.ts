import {
  add,
  dispose,
  mul,
  sub,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type TensorContainerObject,
} from '@tensorflow/tfjs-core';
import {
  hostValue,
  mapParams,
  partition,
  withFields,
  type Batch,
  type Context,
  type HostValue,
  type Key,
  type Params,
  type PooledFeatures,
  type StepClock,
} from '@crossweave/core';
import { averageAfter } from './averaged';
import { branchSums, branchesOf, gradientSquares } from './balance/branch-norms';
import { frozenAt, type FrozenOptions } from './frozen-at';
import { lossAndGradients, type Gradients } from './gradients';
import type { StepOptions } from './options';
import { partitionTrainable } from './partition';
import type { StateTensors, TeacherTensors, TrainState } from './state';
import { named } from './teacher/queue';
import { teach } from './teacher/teach';

export interface StepOutcome {
  readonly state: TrainState;
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: Scalar;
  /** What {@link branchFigures} reads; absent where `balance` is false, or one branch alone is trained. */
  readonly branches?: { readonly names: readonly string[]; readonly sums: Tensor2D };
}

/** What a step makes, in tensors alone. */
export interface StepTensors extends Omit<StepOutcome, 'state'> {
  readonly state: StateTensors;
}

/** What changes from step to step besides tensors: sources for `hostValue`. */
export interface StepSources {
  readonly clock: StepClock;
  /** All rates are multiplied by `factor` ({@link RunMemory.rateFactor}). */
  readonly rates: { readonly factor: number };
}

/** The sources of a step that begins with `state`. */
export function sourcesOf({ step, memory }: Pick<TrainState, 'step' | 'memory'>): StepSources {
  return { clock: { step }, rates: { factor: memory?.rateFactor ?? 1 } };
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
  const made = tidy<StepTensors & TensorContainerObject>(
    () =>
      stepTensors(options, state, { batch, key, sources: sourcesOf(state) }) as StepTensors &
        TensorContainerObject,
  );
  return outcomeOf(made, state, batch);
}

/**
 * {@link trainStep} as a function of tensors, within a `tidy`. When a step is compiled, `batch`,
 * `key` and `sources` are placeholders of the graph's inputs. The number `state.step` is a constant
 * of the graph: it decides which parameters are frozen, and nothing else is computed from it.
 */
export function stepTensors<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  state: TrainState,
  { batch, key, sources }: StepGiven<Image, Text>,
): StepTensors {
  const ctx = trainingContext(options, key, state.step, sources.clock);
  const [trainable, fixed] = partitionTrainable(options, state.params, state.step);
  const { model, next } = teach(options, state, batch);
  const found = lossAndGradients({ model, loss: options.loss }, trainable, fixed, batch, ctx);
  const { total, terms } = found;
  return { ...applyGradients(options, state, found, next, sources), total, terms };
}

/** What a step is given besides its state. */
export interface StepGiven<Image, Text> {
  readonly batch: Batch<Image, Text>;
  readonly key: Key;
  readonly sources: StepSources;
}

/** The outcome of a step of `batch` that began with `state`: its tensors, and what is not in tensors. */
export function outcomeOf(
  { state: made, ...figures }: StepTensors,
  { step, memory, teacher: before }: TrainState,
  batch: Pick<Batch, 'groups' | 'captions'>,
): StepOutcome {
  const { params, optimizer, teacher, average } = made;
  return {
    ...figures,
    state: {
      step: step + 1,
      params,
      optimizer,
      ...(teacher && {
        teacher: {
          params: teacher.params,
          ...(teacher.queue && { queue: named(teacher.queue, batch, before?.queue) }),
        },
      }),
      ...(average && { average }),
      ...(memory && { memory }),
    },
  };
}

/**
 * The second half of a step: what the optimizer makes of gradients, and all that follows the
 * parameters. Within a `tidy`; buffers that are frozen are disposed.
 *
 * @param next the teacher's tensors once the step has made its parameters.
 */
export function applyGradients<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  state: TrainState,
  { gradients: raw, recorded, terms }: Pick<Gradients, 'gradients' | 'recorded' | 'terms'>,
  next: (params: Params) => TeacherTensors | undefined = () => undefined,
  { clock, rates }: StepSources = sourcesOf(state),
): Omit<StepTensors, 'total' | 'terms'> {
  const { optimizer, balance, modulate } = options;
  const [trainable] = partitionTrainable(options, state.params, state.step);
  const gradients =
    modulate === undefined
      ? raw
      : modulate(raw, terms, modulate.readsStep === false ? state.step : clock.step);
  // Of one branch alone there is nothing to compare.
  const branches = balance === false ? [] : branchesOf(raw);
  const isMeasured = branches.filter((branch) => branch !== 'loss').length > 1;
  const squares = isMeasured ? gradientSquares(raw) : {};
  const updated =
    optimizer.updateAt === undefined
      ? optimizer.update(gradients, state.optimizer, trainable, clock.step)
      : optimizer.updateAt(gradients, state.optimizer, trainable, clock);
  const moved = slowed(trainable, updated.params, hostValue(rates));
  const frozen = frozenAt(options, state.step) ?? (() => false);
  const [held, buffers] = partition(recorded, (path) => frozen(path));
  dispose(Object.values(held));
  const params = mapParams(
    state.params,
    (value, path): Tensor => moved[path] ?? buffers[path] ?? value,
  );
  const teacher = next(params);
  const average = averageAfter(options, state, params, clock);
  return {
    state: {
      params,
      optimizer: updated.state,
      ...(teacher && { teacher }),
      ...(average && { average }),
    },
    gradientNorm: updated.gradientNorm,
    ...(isMeasured && {
      branches: { names: branches, sums: branchSums(raw, squares, trainable, moved) },
    }),
  };
}

/** Only a share of the way from the old parameters to the new: as if all rates were that much lower. */
function slowed(before: Params, after: Params, rates: HostValue<StepSources['rates']>): Params {
  if (rates.choose(({ factor }) => factor === 1)) return after;
  const share = rates.scalar(({ factor }) => factor);
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
  clock: StepClock = { step },
): Context {
  const { recompute } = options;
  const frozen = frozenAt(options, step);
  return withFields<Context>(clock as Context, {
    training: true,
    key,
    ...(frozen && { frozen }),
    ...(recompute !== undefined && { recompute }),
  });
}
