import {
  disposeParams,
  foldIn,
  yieldToEventLoop,
  type Batch,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { recordOf, requireValue } from '@crossweave/core/authoring';
import { usableParams } from './averaged';
import { branchGuard } from './balance/branch-guard';
import { branchesOf } from './balance/branch-norms';
import { batchesFrom } from './batches-from';
import { afterEvaluation, isExhausted } from './best';
import { checkBatch, checkMasks } from './check-batch';
import { checkState, requireSoundValues } from './check-state';
import { checkpointClock } from './checkpoint-clock';
import { checkBatchSize, splitBatch } from './devices';
import { DivergenceError } from './divergence';
import { learningGuard } from './guard';
import { lookAhead } from './look-ahead';
import { stepMaker } from './make-step';
import type { TrainOptions, TrainResult } from './options';
import type { StepRecord, TrainRecord } from './records';
import { afterFailure, afterSuccess, policyOf } from './stability/non-finite';
import { spikeWatch } from './stability/spikes';
import { startState } from './start-state';
import {
  copyOfState,
  disposeReplaced,
  disposeState,
  owned,
  withMemory,
  type TrainState,
} from './state';
import { checkStart, checkTrainOptions } from './train-checks';
import { listenersOf } from './listeners';
import { untilAborted } from './until-aborted';

/**
 * Trains a model under a loss. One step: take the next batch, compute loss and gradients,
 * update, read the figures, log. Batches and keys are functions of the step's number, so
 * a run continued from a saved state ends with the same bits as one that never stopped. What the owner
 * of a run should know (it cannot learn anything, one branch drowns the other) is said once, as a
 * record of kind `warning`.
 *
 * @throws ConfigError for a wrong option; what {@link checkState} throws for `start` and `initial`;
 * DataError when the data has no batch; DataError or ShapeError that names the field of a batch that
 * does not fit; DivergenceError as `onNonFinite` says; whatever the data, hooks or model throw.
 */
export async function train<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): Promise<TrainResult> {
  const { data, steps, key, run, evaluate, best, accumulate = 1 } = options;
  checkTrainOptions(options);
  checkBatchSize(data.batchSize);
  await run?.plan?.(steps, options.extend ?? false);
  let state = await stateToBegin(options);
  const signal = options.signal ?? new AbortController().signal;
  let skipped = 0;
  const resultOf = (): TrainResult => {
    const stoppedEarly = state.step < steps && isExhausted(best, state.memory);
    const interrupted = state.step < steps && !stoppedEarly;
    return owned({ ...state, interrupted, stoppedEarly, skipped });
  };
  if (state.step === steps || isExhausted(best, state.memory)) return resultOf();

  const listeners = listenersOf(options);
  const emit = (record: TrainRecord | undefined): void => {
    if (record !== undefined) listeners.tell(record);
  };
  const clock = checkpointClock(options.checkpointEvery);
  let saved = state.step;
  const save = async (): Promise<void> => {
    if (saved === state.step) return;
    // First, so that a checkpoint that fails is not tried again.
    saved = state.step;
    await run?.checkpoint(state);
    await options.checkpoint?.(state);
    clock.saved();
  };

  let epochNow = 0;
  let isKnown = false;
  const maker = stepMaker(options, {
    warning: (warning) =>
      emit({ kind: 'warning', step: state.step + 1, epoch: epochNow, ...warning }),
    compiling: () => emit({ kind: 'compiling', step: state.step + 1, epoch: epochNow }),
  });
  const [guard, branches] = [learningGuard(), branchGuard(options.balance, givenBranches(options))];
  const spikes = spikeWatch(options.spikes);
  const policy = policyOf(options.onNonFinite);
  try {
    spikes.hold(state);
    let began = performance.now();
    const batches = batchesFrom(data, state.step * accumulate, state.memory?.position);
    for await (const { epoch, batch, following } of lookAhead(untilAborted(batches, signal))) {
      const arrived = performance.now();
      const step = state.step + 1;
      epochNow = epoch;
      admit(step, batch);
      if (!isKnown) await checkMasks(`train, step ${step}`, batch);
      isKnown = true;
      const next = async (): Promise<typeof batch | undefined> => {
        const turn = await following();
        if (turn !== undefined) admit(step + 1, turn.batch);
        return turn?.batch;
      };
      const after = step === steps ? undefined : next;
      const made = await maker.take(state, batch, foldIn(key, state.step), after);
      const memory = state.memory ?? {};

      if (made === undefined) {
        // More batches of this step follow.
      } else if ('figures' in made) {
        const { total, terms, gradientNorm } = made.figures;
        const leap = spikes.leap(memory, total);
        const earlier = leap && spikes.goBack(step);
        if (earlier === undefined) {
          disposeReplaced(state, made.state);
          state = withMemory(made.state, afterSuccess(spikes.afterLoss(memory, total)));
          spikes.hold(state);
          const record: StepRecord = {
            kind: 'step',
            step,
            epoch,
            loss: total,
            terms,
            gradientNorm,
            learningRates: ratesOf(options, step - 1, memory.rateFactor),
            ...(made.figures.branches && { branches: made.figures.branches }),
            seconds: (performance.now() - began) / 1000,
            dataSeconds: (arrived - began) / 1000,
          };
          emit(record);
          emit(guard(record));
          emit(branches(record));
        } else {
          disposeReplaced(made.state, state);
          disposeState(state);
          state = withMemory({ ...copyOfState(earlier), step }, memory);
          const { expected, bound } = leap!;
          const { ids } = batch;
          emit({
            kind: 'rollback',
            step,
            epoch,
            ids,
            loss: total,
            expected,
            bound,
            to: earlier.step,
          });
        }
      } else {
        const { tensor, ids } = made;
        const next = afterFailure(policy, memory);
        if (next === undefined) throw new DivergenceError({ step, ids, tensor, state });
        skipped++;
        state = withMemory({ ...state, step }, next);
        const slowed = next.rateFactor !== undefined && { rateFactor: next.rateFactor };
        emit({ kind: 'skipped', step, epoch, ids, tensor, ...slowed });
      }

      if (made !== undefined && batch.position !== undefined) {
        state = withMemory(state, { ...state.memory, position: batch.position });
      }
      // An engine may compute the whole step without leaving this task: now others have their turn.
      await yieldToEventLoop();
      if (signal.aborted) break;
      if (made === undefined) continue;
      if (evaluate !== undefined && isDue(step, steps, options.evaluateEvery)) {
        const metrics = await evaluated(options, state, signal);
        if (metrics === undefined) break;
        emit({ kind: 'evaluation', step, metrics });
        if (best !== undefined) {
          state = withMemory(state, afterEvaluation(best, state.memory ?? {}, step, metrics));
          if (state.memory?.best?.step === step) await save();
        }
      }
      if (step === steps || isExhausted(best, state.memory)) break;
      if (clock.isDue(step)) await save();
      began = performance.now();
    }
    await save();
    await listeners.settled();
  } catch (error) {
    // What was trained is not lost with what failed; an error of saving itself would hide the first.
    await save().catch(() => undefined);
    if (!(error instanceof DivergenceError)) disposeState(state);
    throw error;
  } finally {
    maker.discard();
    spikes.dispose();
  }
  return resultOf();
}

/** @throws DataError or ShapeError for a batch that does not fit. */
function admit(step: number, batch: Batch<unknown, unknown>): void {
  checkBatch(`train, step ${step}`, batch);
  splitBatch(`train, step ${step}`, batch);
}

/** The state that training begins with, checked, in tensors of its own. */
async function stateToBegin<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): Promise<TrainState> {
  const resumed = await options.run?.resume();
  try {
    const start = resumed ?? options.start;
    if (start !== undefined) {
      checkStart(options, start);
      await checkState(options, start, resumed === undefined ? 'train, start' : 'train, run');
    } else if (options.initial !== undefined) {
      await requireSoundValues('train, initial', options.initial);
    }
    return startState({ ...options, ...(start && { start }) });
  } finally {
    if (resumed !== undefined) disposeState(resumed);
  }
}

/** The branches that begin with parameters of the caller's. */
function givenBranches({ initial = {} }: { readonly initial?: Params }): ReadonlySet<string> {
  return new Set(branchesOf(initial));
}

/**
 * What the hook says of the parameters to use; undefined where it failed because of the signal.
 *
 * @throws ConfigError for what is no record of numbers.
 */
async function evaluated<Image, Text, F extends PooledFeatures>(
  { evaluate, optimizer }: TrainOptions<Image, Text, F>,
  state: TrainState,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>> | undefined> {
  const isOwn = state.average !== undefined || optimizer.evaluated !== undefined;
  const params = isOwn ? usableParams(state, optimizer) : state.params;
  try {
    const metrics: unknown = await evaluate!({ ...state, params }, signal);
    requireValue('train', 'the result of evaluate', metrics, metricsCheck);
    return metrics as Readonly<Record<string, number>>;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    if (isOwn) disposeParams(params);
  }
}

/** NaN is allowed: it says that there is no figure. */
const metricsCheck = recordOf({
  expected: 'a number',
  accepts: (value: unknown) => typeof value === 'number',
});

function ratesOf<Image, Text, F extends PooledFeatures>(
  { optimizer }: TrainOptions<Image, Text, F>,
  step: number,
  factor = 1,
): Readonly<Record<string, number>> {
  const rates = Object.entries(optimizer.learningRates(step));
  return Object.fromEntries(rates.map(([group, rate]) => [group, rate * factor]));
}

function isDue(step: number, steps: number, every: number | undefined): boolean {
  return step === steps || (every !== undefined && step % every === 0);
}
