import {
  asStandIn,
  unreadable,
  withFields,
  type Batch,
  type EmbeddingQueue,
  type Key,
  type StepRecorder,
} from '@crossweave/core';
import type { QueueTensors, TrainState } from '../state';
import { sourcesOf, type StepSources } from '../step';

/** What a step, or a part of one, is about, besides the tensors that it is given. */
export interface StepMoment<Image, Text> {
  readonly state: TrainState;
  readonly batch: Batch<Image, Text>;
  readonly key: Key;
}

/** Inputs of a batch, in tensors. */
export type BatchTensors<Image, Text> = Pick<Batch<Image, Text>, 'image' | 'text' | 'negatives'>;

/** What a part of a step reads of its moment: the values themselves, or stand-ins while it is compiled. */
export interface Known<Image, Text> {
  readonly batch: Batch<Image, Text>;
  readonly key: Key;
  readonly sources: StepSources;
  /** Steps done. It says what is frozen; everything else reads `sources.clock`. */
  readonly step: number;
  /** The teacher's queue with these tensors. */
  readonly queue: (tensors: QueueTensors) => EmbeddingQueue;
}

/** The values of a moment. */
export function valuesOf<Image, Text>(moment: StepMoment<Image, Text>): Known<Image, Text> {
  const { state, batch, key } = moment;
  return {
    ...{ batch, key, step: state.step, sources: sourcesOf(state) },
    queue: (tensors) => ({ ...state.teacher!.queue!, ...tensors }),
  };
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
): Omit<Known<Image, Text>, 'step'> {
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
    queue: (own) =>
      stand(
        withFields(unreadable('queue', 'groups', 'captions'), own),
        (m) => m.state.teacher!.queue!,
      ),
  };
}
