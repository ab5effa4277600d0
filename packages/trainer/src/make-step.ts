import { disposeBatch, foldIn, type Batch, type Key, type PooledFeatures } from '@crossweave/core';
import { gatheredStep } from './big-batch/gathered-step';
import { ownSlice } from './big-batch/slice-batch';
import { engineIsAsynchronous } from './compile/engine';
import { stepCompiler, type StepCompiler, type StepNotices } from './compile/step-compiler';
import { StoppedWhileCompiling } from './compile/while-compiling';
import { wholeStep } from './compile/whole-step';
import { firstNonFinite } from './diagnose';
import { figuresOf, flawOf, type Flaw, type StepFigures } from './figures';
import type { TrainOptions } from './options';
import { disposeReplaced, type TrainState } from './state';
import type { StepOutcome } from './step';
import { stepAhead } from './step-ahead';

/** A step that was made, beside the state it began with, whose tensors it may share. */
export interface MadeStep {
  readonly state: TrainState;
  readonly figures: StepFigures;
}

/** A step that was not finite. */
export interface FailedStep {
  /** The first tensor that was not finite. */
  readonly tensor: string;
  /** The samples of its batches. */
  readonly ids: readonly string[];
}

/** Makes steps of batches. */
export interface StepMaker<Image, Text> {
  /**
   * The step that a batch completes, undefined where it takes more batches, and where the run was
   * stopped while the step was compiled.
   *
   * @param following gives the next batch, which may be asked for before this step is over; undefined
   * where none follows.
   */
  take(
    state: TrainState,
    batch: Batch<Image, Text>,
    key: Key,
    following?: () => Promise<Batch<Image, Text> | undefined>,
  ): Promise<MadeStep | FailedStep | undefined>;
  /** Lets go of what a step under way has gathered. */
  discard(): void;
}

/** @param notices get what the owner of the run should know. */
export function stepMaker<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
  notices: StepNotices,
): StepMaker<Image, Text> {
  const { accumulate = 1, chunk } = options;
  const compiler = stepCompiler(options, notices);
  const maker =
    accumulate === 1 && chunk === undefined
      ? oneGraph(options, compiler)
      : gathering(options, compiler);
  return {
    ...maker,
    async take(...about) {
      try {
        return await maker.take(...about);
      } catch (error) {
        if (error instanceof StoppedWhileCompiling) return undefined;
        throw error;
      }
    },
  };
}

function oneGraph<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
  compiler: StepCompiler<Image, Text>,
): StepMaker<Image, Text> {
  const step = wholeStep(options, compiler);
  const ahead = stepAhead<Image, Text>((state, batch) =>
    step(state, batch, foldIn(options.key, state.step)),
  );
  let { ahead: isAhead = true } = options;
  return {
    async take(state, batch, key, following) {
      compiler.begin();
      const begun = ahead.take(state, batch);
      const outcome = begun ?? (await step.later(state, batch, key));
      const reading = readStep(state, outcome);
      const mayBegin = isAhead && compiler.isCompiling && engineIsAsynchronous();
      const next = mayBegin ? await until(reading, following?.()) : undefined;
      // A batch of another size may have to be compiled, which is done in its turn.
      if (next?.size === batch.size) ahead.begin(outcome.state, next);
      let made: MadeStep | Flaw;
      try {
        made = await reading;
      } catch (error) {
        if (begun === undefined && next === undefined) throw error;
        // The device may have no memory for two steps at a time.
        ahead.discard();
        isAhead = false;
        made = await readStep(state, step(state, batch, key));
      }
      if (typeof made !== 'string') return made;
      ahead.discard();
      return { tensor: await blame(made, options, state, batch, key), ids: batch.ids };
    },
    discard() {
      ahead.discard();
      compiler.dispose();
    },
  };
}

/** What comes before `end`, if it does and does not fail. */
function until<T>(end: Promise<unknown>, coming?: Promise<T | undefined>): Promise<T | undefined> {
  const nothing = (): undefined => undefined;
  return Promise.race([end.then(nothing, nothing), Promise.resolve(coming).catch(nothing)]);
}

function gathering<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
  compiler: StepCompiler<Image, Text>,
): StepMaker<Image, Text> {
  const { accumulate = 1 } = options;
  const gathered = gatheredStep(options, compiler);
  let taken = 0;
  let ids: string[] = [];
  let failed: FailedStep | undefined;
  return {
    async take(state, batch, key) {
      compiler.begin();
      taken++;
      ids.push(...batch.ids);
      // The rest of the batches of a step that failed is left out with it.
      if (failed === undefined && !(await gathered.add(state, batch, key))) {
        const own = taken === 1 ? key : foldIn(key, taken - 1);
        failed = {
          tensor: await blame('loss or gradients', options, state, batch, own),
          ids: batch.ids,
        };
      }
      if (taken < accumulate) return undefined;
      const done = failed ?? (await readStep(state, await gathered.finish(state, batch, key)));
      const all = ids;
      [taken, ids, failed] = [0, [], undefined];
      gathered.discard();
      if (typeof done !== 'string') return done;
      return { tensor: await blame(done, options, state, batch, key), ids: all };
    },
    discard() {
      gathered.discard();
      compiler.dispose();
    },
  };
}

const unknownTensor = 'global norm of the gradients';

/** Reads a step. One that is not finite, whose flaw is given, or that fails is disposed. */
async function readStep(state: TrainState, outcome: StepOutcome): Promise<MadeStep | Flaw> {
  let isKept = false;
  try {
    const figures = await figuresOf(outcome);
    const flaw = flawOf(figures);
    if (flaw !== undefined) return flaw;
    isKept = true;
    return { state: outcome.state, figures };
  } finally {
    if (!isKept) disposeReplaced(outcome.state, state);
  }
}

/** The tensor that a flaw began with: {@link firstNonFinite}, with the memory of a chunk where a batch is cut into some. */
async function blame<Image, Text, F extends PooledFeatures>(
  flaw: Flaw,
  options: TrainOptions<Image, Text, F>,
  state: TrainState,
  batch: Batch<Image, Text>,
  key: Key,
): Promise<string> {
  if (flaw !== 'loss or gradients') return flaw;
  const { chunk = batch.size } = options;
  for (let from = 0; from < batch.size; from += chunk) {
    const part = ownSlice(batch, from, Math.min(chunk, batch.size - from));
    try {
      const own = chunk < batch.size ? foldIn(key, from) : key;
      const found = await firstNonFinite(options, state, part, own);
      if (found !== undefined) return found;
    } finally {
      disposeBatch(part);
    }
  }
  return unknownTensor;
}
