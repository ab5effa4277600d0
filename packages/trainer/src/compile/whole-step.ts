import type { Batch, Key, PooledFeatures } from '@crossweave/core';
import type { StepOptions } from '../options';
import { tensorsOfState, type StateTensors, type TrainState } from '../state';
import { outcomeOf, stepTensors, type StepOutcome, type StepTensors } from '../step';
import type { Known } from './stand-ins';
import type { StepCompiler } from './step-compiler';

/** A step over one batch, which is one graph. */
export type WholeStep<Image, Text> = (
  state: TrainState,
  batch: Batch<Image, Text>,
  key: Key,
) => StepOutcome;

/** @param compiler makes the step of the options. */
export function wholeStep<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  compiler: StepCompiler<Image, Text>,
): WholeStep<Image, Text> {
  const step = compiler.part((tensors: StateTensors, known): StepTensors => {
    const made = stepTensors(options, stateOf(tensors, known), known);
    return { ...made, state: tensorsOfState(made.state) };
  });
  return (state, batch, key) =>
    outcomeOf(step(tensorsOfState(state), { state, batch, key }, {}), state, batch);
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
