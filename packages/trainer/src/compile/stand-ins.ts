import {
  asStandIn,
  unreadable,
  withFields,
  type Batch,
  type Key,
  type StepRecorder,
} from '@crossweave/core';
import type { TrainState } from '../state';
import { sourcesOf, type StepSources } from '../step';

/** What a step is about, besides the tensors of its state and batch. */
export interface StepMoment<Image, Text> {
  readonly state: Pick<TrainState, 'step' | 'memory'>;
  readonly batch: Batch<Image, Text>;
  readonly key: Key;
}

/** Inputs of a batch, in tensors. */
export type BatchTensors<Image, Text> = Pick<Batch<Image, Text>, 'image' | 'text' | 'negatives'>;

/** What the model and the optimizer get while a step is compiled, in the place of a step's own. */
export interface StandIns<Image, Text> {
  readonly batch: Batch<Image, Text>;
  readonly key: Key;
  readonly sources: StepSources;
}

/**
 * @param size B.
 * @param lists the fields of the batch besides its inputs, which must be made into tensors by
 * `hostValue`.
 */
export function standIns<Image, Text>(
  recorder: StepRecorder,
  tensors: BatchTensors<Image, Text>,
  size: number,
  lists: readonly string[],
): StandIns<Image, Text> {
  const stand = <Source extends object>(
    source: object,
    at: (moment: StepMoment<Image, Text>) => Source,
  ): Source =>
    asStandIn(source as Source, {
      recorder,
      at: (step) => at(step as StepMoment<Image, Text>),
    });
  return {
    batch: stand(withFields(unreadable('batch', ...lists), { size, ...tensors }), (m) => m.batch),
    key: stand(unreadable('key', 'high', 'low'), (m) => m.key),
    sources: {
      clock: stand(unreadable('context', 'step'), (m) => sourcesOf(m.state).clock),
      rates: stand(unreadable('rates', 'factor'), (m) => sourcesOf(m.state).rates),
    },
  };
}
