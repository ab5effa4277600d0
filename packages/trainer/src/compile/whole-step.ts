import type { Batch, Key, PooledFeatures } from '@crossweave/core';
import type { StepOptions } from '../options';
import { tensorsOfState, type StateTensors, type TrainState } from '../state';
import { outcomeOf, stepTensors, type StepOutcome, type StepTensors } from '../step';
import type { Known } from './stand-ins';
import type { StepCompiler } from './step-compiler';

/** A step over one batch, which is one graph. */
export interface WholeStep<Image, Text> {
  (state: TrainState, batch: Batch<Image, Text>, key: Key): StepOutcome;
  /** As of a part. */
  later(state: TrainState, batch: Batch<Image, Text>, key: Key): Promise<StepOutcome>;
}

/** @param compiler makes the step of the options. */
export function wholeStep<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  compiler: StepCompiler<Image, Text>,
): WholeStep<Image, Text> {
  const step = compiler.part((tensors: StateTensors, known): StepTensors => {
    const made = stepTensors(options, stateOf(tensors, known), known);
    return { ...made, state: tensorsOfState(made.state) };
  });
  const call = (state: TrainState, batch: Batch<Image, Text>, key: Key): StepOutcome =>
    outcomeOf(step(tensorsOfState(state), { state, batch, key }, {}), state, batch);
  return Object.assign(call, {
    async later(state: TrainState, batch: Batch<Image, Text>, key: Key): Promise<StepOutcome> {
      const made = await step.later(tensorsOfState(state), { state, batch, key }, {});
      return outcomeOf(made, state, batch);
    },
  });
}

/** The state with these tensors. */
export function stateOf<Image, Text>(
  { teacher, ...tensors }: StateTensors,
  { step, queue }: Known<Image, Text>,
): TrainState {
  return {
    step,
    ...tensors,
    ...(teacher && {
      teacher: {
        params: teacher.params,
        ...(teacher.queue && { queue: queue(teacher.queue) }),
      },
    }),
  };
}
