import {
  foldIn,
  mapParams,
  type Batch,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import type { StepCompiler } from '../compile/step-compiler';
import { stateOf } from '../compile/whole-step';
import { lossAndGradients } from '../gradients';
import type { StepOptions } from '../options';
import { partitionTrainable } from '../partition';
import { tensorsOfState, type StateTensors, type TrainState } from '../state';
import {
  applyGradients,
  outcomeOf,
  trainingContext,
  type StepOutcome,
  type StepTensors,
} from '../step';
import { chunkedGradients } from './chunked-gradients';
import {
  addedTo,
  disposeGathered,
  meanOf,
  nothingGathered,
  startingSums,
  withBatch,
  type BatchLoss,
  type Gathered,
} from './gathered';

/**
 * A step over several batches, or over one in chunks: gradients are gathered batch by batch, and the
 * last batch brings the update. Each batch or chunk is a graph of its own, and so is the update.
 */
export interface GatheredStep<Image, Text> {
  /** Adds the gradients of one more batch; true unless its loss is not finite. */
  add(state: TrainState, batch: Batch<Image, Text>, key: Key): Promise<boolean>;
  /** The step of what was gathered, which is then gone. @param batch the last one. */
  finish(state: TrainState, batch: Batch<Image, Text>, key: Key): Promise<StepOutcome>;
  /** Lets go of what was gathered. */
  discard(): void;
}

/** Adds the gradients of a batch to `gathered`, whose gradients are then gone. */
export type BatchGradients<Image, Text> = (
  state: TrainState,
  batch: Batch<Image, Text>,
  key: Key,
  gathered: Gathered,
) => Promise<Gathered>;

/** @param compiler makes the parts of the step. */
export function gatheredStep<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F> & { readonly chunk?: number },
  compiler: StepCompiler<Image, Text>,
): GatheredStep<Image, Text> {
  const { chunk } = options;
  const gradientsOf =
    chunk === undefined
      ? batchGradients(options, compiler)
      : chunkedGradients(options, chunk, compiler);
  const update = compiler.part(
    (
      { state: tensors, losses, recorded }: Omit<Gathered, 'gradients'> & { state: StateTensors },
      known,
      { gradients }: Pick<Gathered, 'gradients'>,
    ): StepTensors => {
      const { total, ...means } = meanOf({ gradients, losses });
      // The update disposes those that are frozen.
      const own = { ...means, recorded: mapParams(recorded, (value) => value.clone()) };
      const made = applyGradients(options, stateOf(tensors, known), own, undefined, known.sources);
      return { ...made, state: tensorsOfState(made.state), total, terms: means.terms };
    },
    { isRare: true },
  );

  let gathered = nothingGathered;
  const discard = (): void => {
    disposeGathered(gathered);
    gathered = nothingGathered;
  };
  return {
    discard,
    async add(state, batch, key) {
      const count = gathered.losses.length;
      const before = gathered;
      gathered = nothingGathered;
      try {
        gathered = await gradientsOf(state, batch, count === 0 ? key : foldIn(key, count), before);
      } catch (error) {
        disposeGathered(before);
        throw error;
      }
      const [total] = await gathered.losses[count]!.total.data();
      return Number.isFinite(total);
    },
    async finish(state, batch, key) {
      const { gradients, ...rest } = gathered;
      gathered = { ...rest, gradients: {} };
      const tensors = { state: tensorsOfState(state), ...rest };
      try {
        const made = await update.later(tensors, { state, batch, key }, { gradients });
        return outcomeOf(made, state, batch);
      } finally {
        discard();
      }
    },
  };
}

/** Gradients of a whole batch. */
function batchGradients<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  compiler: StepCompiler<Image, Text>,
): BatchGradients<Image, Text> {
  const part = compiler.part(
    (
      { params }: { params: Params },
      { batch, key, sources, step },
      { sums }: { sums: Params },
    ): BatchLoss & Omit<Gathered, 'losses'> => {
      const ctx = trainingContext(options, key, step, sources.clock);
      const [trainable, fixed] = partitionTrainable(options, params, step);
      const found = lossAndGradients(options, trainable, fixed, batch, ctx);
      return { ...found, gradients: addedTo(sums, found.gradients) };
    },
  );
  return async (state, batch, key, before) => {
    // Running statistics go from batch to batch.
    const params = { ...state.params, ...before.recorded };
    const [trainable] = partitionTrainable(options, params, state.step);
    const sums = startingSums(before.gradients, trainable);
    const found = await part.later({ params }, { state, batch, key }, { sums });
    const { total, terms, gradients, recorded } = found;
    return withBatch(before, { gradients, recorded, losses: [{ total, terms }] });
  };
}
