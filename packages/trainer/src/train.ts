import type { Scalar } from '@tensorflow/tfjs-core';
import {
  DataError,
  NonFiniteError,
  disposeBatch,
  foldIn,
  type Batch,
  type BatchSource,
  type Features,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { checkTrainOptions } from './check';
import { firstNonFinite } from './diagnose';
import { startState } from './start-state';
import {
  disposeReplaced,
  disposeState,
  trainStep,
  type StepOptions,
  type TrainState,
} from './step';
import { checkTeacher } from './teacher/options';

export interface TrainOptions<Image, Text, F extends PooledFeatures = Features> extends StepOptions<
  Image,
  Text,
  F
> {
  readonly data: BatchSource<Batch<Image, Text>>;
  /** Steps in all, the ones before `start` included. */
  readonly steps: number;
  /** Initial parameters, dropout and augmentation derive from it: same key, same run. */
  readonly key: Key;
  /**
   * Parameters to begin with in place of drawn ones, by path (a checkpoint's); stay the caller's.
   * Not read where there is a `start`, which has its own. Default none.
   */
  readonly initial?: Params;
  /** Where to go on from; stays the caller's. Default: fresh parameters, step 0. */
  readonly start?: TrainState;
  /**
   * What to do when loss or gradients are NaN or infinite: `'stop'` throws
   * {@link DivergenceError}, `'skip'` leaves the batch out and goes on. Default `'stop'`.
   */
  readonly onNonFinite?: 'stop' | 'skip';
  readonly log?: (record: TrainRecord) => void;
  /** Called every `evaluateEvery` steps and at the end; what it returns is logged. */
  readonly evaluate?: (state: TrainState) => Promise<Readonly<Record<string, number>>>;
  /** Default: at the end only. */
  readonly evaluateEvery?: number;
  /** Called every `checkpointEvery` steps, at the end, and before training stops for any reason. */
  readonly checkpoint?: (state: TrainState) => Promise<void>;
  /** Default: at the end only. */
  readonly checkpointEvery?: number;
  /** Ends training after the step under way. */
  readonly signal?: AbortSignal;
}

/** What {@link TrainOptions.log} receives. `step` counts steps done, so the first is 1. */
export type TrainRecord =
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly epoch: number;
      readonly loss: number;
      readonly terms: Readonly<Record<string, number>>;
      /** Before clipping. */
      readonly gradientNorm: number;
      readonly learningRates: Readonly<Record<string, number>>;
      /** The step's wall-clock time, and of it the wait for the batch. */
      readonly seconds: number;
      readonly dataSeconds: number;
    }
  | {
      readonly kind: 'skipped';
      readonly step: number;
      readonly epoch: number;
      readonly ids: readonly string[];
      /** The first tensor that was not finite. */
      readonly tensor: string;
    }
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly metrics: Readonly<Record<string, number>>;
    };

/** The final state, the caller's to dispose, and how training ended. */
export interface TrainResult extends TrainState {
  /** True when the signal ended training before the last step. */
  readonly interrupted: boolean;
  /** Batches left out because they were not finite. */
  readonly skipped: number;
}

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
    super(`the ${tensor} is not finite at step ${step} (samples ${shown})`, {
      where: 'train',
      expected: 'finite numbers',
      advice:
        'Lower the learning rate or look at these samples; onNonFinite: "skip" leaves such batches out.',
    });
    this.step = step;
    this.ids = ids;
    this.tensor = tensor;
    this.state = state;
  }
}

/**
 * Trains a model under a loss. One step: take the next batch, compute loss and gradients,
 * update, read the figures, log. Batches and keys are functions of the step's number, so
 * a run continued from a saved state ends with the same bits as one that never stopped.
 *
 * @throws ConfigError for a figure out of range, DataError when the data has no batch,
 * DivergenceError as `onNonFinite` says; whatever the data, hooks or model throw.
 */
export async function train<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): Promise<TrainResult> {
  const { data, steps, key, signal, log, evaluate, checkpoint } = options;
  checkTrainOptions(options);
  if (options.teacher !== undefined) checkTeacher(options.teacher, options.start?.teacher);
  let state = startState(options);
  let skipped = 0;
  let saved = state.step;
  const stopped = (): boolean => signal?.aborted ?? false;
  const save = async (): Promise<void> => {
    if (checkpoint !== undefined && saved !== state.step) await checkpoint(state);
    saved = state.step;
  };

  try {
    let began = performance.now();
    if (state.step < steps && !stopped()) {
      for await (const { epoch, batch } of batchesFrom(data, state.step)) {
        const arrived = performance.now();
        const stepKey = foldIn(key, state.step);
        const step = state.step + 1;

        const outcome = trainStep(options, state, batch, stepKey);
        // The first read makes a lazy engine compute the step; the old tensors live until then.
        const { total, terms, gradientNorm } = await read(outcome);

        if (Number.isFinite(total) && Number.isFinite(gradientNorm)) {
          disposeReplaced(state, outcome.state);
          state = outcome.state;
          log?.({
            kind: 'step',
            step,
            epoch,
            loss: total,
            terms,
            gradientNorm,
            learningRates: options.optimizer.learningRates(step - 1),
            seconds: (performance.now() - began) / 1000,
            dataSeconds: (arrived - began) / 1000,
          });
        } else {
          disposeReplaced(outcome.state, state);
          const tensor =
            (await firstNonFinite(options, state, batch, stepKey)) ??
            'global norm of the gradients';
          const ids = batch.ids;
          if (options.onNonFinite !== 'skip')
            throw new DivergenceError({ step, ids, tensor, state });
          skipped++;
          state = { ...state, step };
          log?.({ kind: 'skipped', step, epoch, ids, tensor });
        }

        const last = step === steps || stopped();
        if (evaluate !== undefined && isDue(step, steps, options.evaluateEvery)) {
          const metrics = await evaluate(state);
          log?.({ kind: 'evaluation', step, metrics });
        }
        if (last || isDue(step, steps, options.checkpointEvery)) await save();
        if (last) break;
        began = performance.now();
      }
    }
  } catch (error) {
    if (error instanceof DivergenceError) await save();
    else disposeState(state);
    throw error;
  }
  return { ...state, interrupted: state.step < steps, skipped };
}

/** The batches from a step on, epoch after epoch, without end; each is disposed after its turn. */
async function* batchesFrom<B extends Batch<unknown, unknown>>(
  data: BatchSource<B>,
  step: number,
): AsyncGenerator<{ epoch: number; batch: B }> {
  const perEpoch = data.batchesPerEpoch;
  let from = step % perEpoch;
  for (let epoch = Math.floor(step / perEpoch); ; epoch++) {
    let count = from;
    for await (const batch of data.batches(epoch, from)) {
      count++;
      try {
        yield { epoch, batch };
      } finally {
        disposeBatch(batch);
      }
    }
    if (count !== perEpoch) {
      throw new DataError(`epoch ${epoch} ended early`, {
        where: 'train',
        expected: `${perEpoch} batches`,
        got: count,
      });
    }
    from = 0;
  }
}

interface Figures {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
}

/** Reads a step's scalars together and disposes them. */
async function read(outcome: {
  total: Scalar;
  gradientNorm: Scalar;
  terms: Readonly<Record<string, Scalar>>;
}): Promise<Figures> {
  const names = Object.keys(outcome.terms);
  const scalars = [outcome.total, outcome.gradientNorm, ...Object.values(outcome.terms)];
  const values = await Promise.all(scalars.map(async (scalar) => (await scalar.data())[0]!));
  for (const scalar of scalars) scalar.dispose();
  const [total, gradientNorm, ...rest] = values;
  return {
    total: total!,
    gradientNorm: gradientNorm!,
    terms: Object.fromEntries(names.map((name, i) => [name, rest[i]!])),
  };
}

function isDue(step: number, steps: number, every: number | undefined): boolean {
  return step === steps || (every !== undefined && step % every === 0);
}
