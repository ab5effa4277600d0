import { disposeBatch, foldIn, type Batch, type Key, type PooledFeatures } from '@crossweave/core';
import { gatheredStep } from './big-batch/gathered-step';
import { ownSlice } from './big-batch/slice-batch';
import { stepCompiler, type StepCompiler, type Warning } from './compile/step-compiler';
import { wholeStep } from './compile/whole-step';
import { firstNonFinite } from './diagnose';
import { figuresOf, flawOf, type Flaw, type StepFigures } from './figures';
import type { TrainOptions } from './options';
import { disposeReplaced, type TrainState } from './state';
import type { StepOutcome } from './step';

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
  /** The step that a batch completes, undefined where it takes more batches. */
  take(
    state: TrainState,
    batch: Batch<Image, Text>,
    key: Key,
  ): Promise<MadeStep | FailedStep | undefined>;
  /** Lets go of what a step under way has gathered. */
  discard(): void;
}

/** @param say gets what the owner of the run should know. */
export function stepMaker<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
  say: (warning: Warning) => void,
): StepMaker<Image, Text> {
  const { accumulate = 1, chunk } = options;
  const compiler = stepCompiler(options, say);
  return accumulate === 1 && chunk === undefined
    ? oneGraph(options, compiler)
    : gathering(options, compiler);
}

function oneGraph<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
  compiler: StepCompiler<Image, Text>,
): StepMaker<Image, Text> {
  const step = wholeStep(options, compiler);
  return {
    async take(state, batch, key) {
      compiler.begin();
      const made = await readStep(state, step(state, batch, key));
      if (typeof made !== 'string') return made;
      return { tensor: await blame(made, options, state, batch, key), ids: batch.ids };
    },
    discard: () => compiler.dispose(),
  };
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
      const done = failed ?? (await readStep(state, gathered.finish(state, batch, key)));
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

/** Reads a step; where it is not finite it is disposed, and its flaw is given. */
async function readStep(state: TrainState, outcome: StepOutcome): Promise<MadeStep | Flaw> {
  const figures = await figuresOf(outcome);
  const flaw = flawOf(figures);
  if (flaw === undefined) return { state: outcome.state, figures };
  disposeReplaced(outcome.state, state);
  return flaw;
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
