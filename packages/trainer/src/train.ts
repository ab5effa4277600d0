import type { Scalar } from '@tensorflow/tfjs-core';
import { foldIn, yieldToEventLoop, type PooledFeatures } from '@crossweave/core';
import { batchesFrom } from './batches-from';
import { checkBatch } from './check-batch';
import { checkState, requireSoundValues } from './check-state';
import { firstNonFinite } from './diagnose';
import { DivergenceError } from './divergence';
import { learningGuard } from './guard';
import type { TrainOptions, TrainResult } from './options';
import { startState } from './start-state';
import { disposeReplaced, disposeState } from './state';
import { trainStep } from './step';
import { checkTrainOptions } from './train-checks';
import { untilAborted } from './until-aborted';

/**
 * Trains a model under a loss. One step: take the next batch, compute loss and gradients,
 * update, read the figures, log. Batches and keys are functions of the step's number, so
 * a run continued from a saved state ends with the same bits as one that never stopped. A run that
 * cannot learn anything says so once, as a record of kind `warning`.
 *
 * @throws ConfigError for a wrong option, what {@link checkState} throws for `start` and `initial`, DataError when the data has no batch, DataError or
 * ShapeError that names the field of a batch that does not fit, DivergenceError as `onNonFinite`
 * says; whatever the data, hooks or model throw.
 */
export async function train<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): Promise<TrainResult> {
  const { data, steps, key, log, evaluate, checkpoint } = options;
  checkTrainOptions(options);
  if (options.start !== undefined) await checkState(options, options.start, 'train, start');
  else if (options.initial !== undefined) {
    await requireSoundValues('train, initial', options.initial);
  }
  let state = startState(options);
  const guard = learningGuard();
  const signal = options.signal ?? new AbortController().signal;
  let skipped = 0;
  if (state.step === steps) return { ...state, interrupted: false, skipped };
  let saved = state.step;
  const save = async (): Promise<void> => {
    if (checkpoint === undefined || saved === state.step) return;
    // First, so that a checkpoint that fails is not tried again.
    saved = state.step;
    await checkpoint(state);
  };

  try {
    let began = performance.now();
    for await (const { epoch, batch } of untilAborted(batchesFrom(data, state.step), signal)) {
      const arrived = performance.now();
      const stepKey = foldIn(key, state.step);
      const step = state.step + 1;
      checkBatch(`train, step ${step}`, batch);

      const outcome = trainStep(options, state, batch, stepKey);
      // The first read makes a lazy engine compute the step; the old tensors live until then.
      const { total, terms, gradientNorm } = await read(outcome);

      if (Number.isFinite(total) && Number.isFinite(gradientNorm)) {
        disposeReplaced(state, outcome.state);
        state = outcome.state;
        const record = {
          kind: 'step',
          step,
          epoch,
          loss: total,
          terms,
          gradientNorm,
          learningRates: options.optimizer.learningRates(step - 1),
          seconds: (performance.now() - began) / 1000,
          dataSeconds: (arrived - began) / 1000,
        } as const;
        log?.(record);
        const warning = guard(record);
        if (warning !== undefined) log?.(warning);
      } else {
        disposeReplaced(outcome.state, state);
        const tensor =
          (await firstNonFinite(options, state, batch, stepKey)) ?? 'global norm of the gradients';
        const ids = batch.ids;
        if (options.onNonFinite !== 'skip') throw new DivergenceError({ step, ids, tensor, state });
        skipped++;
        state = { ...state, step };
        log?.({ kind: 'skipped', step, epoch, ids, tensor });
      }

      // An engine may compute the whole step without leaving this task: now others have their turn.
      await yieldToEventLoop();
      if (signal.aborted) break;
      if (evaluate !== undefined && isDue(step, steps, options.evaluateEvery)) {
        const metrics = await unlessAborted(evaluate(state, signal), signal);
        if (metrics === undefined) break;
        log?.({ kind: 'evaluation', step, metrics });
      }
      if (step === steps) break;
      if (isDue(step, steps, options.checkpointEvery)) await save();
      began = performance.now();
    }
    await save();
  } catch (error) {
    // What was trained is not lost with what failed; an error of saving itself would hide the first.
    await save().catch(() => undefined);
    if (!(error instanceof DivergenceError)) disposeState(state);
    throw error;
  }
  return { ...state, interrupted: state.step < steps, skipped };
}

/** What a hook gives, undefined where it failed because of the signal. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
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
