import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { mapParams, type EmbeddingQueue, type OptimizerState, type Params } from '@crossweave/core';
import type { RunMemory } from './memory';
import type { TeacherState } from './teacher/options';

/** Everything that training carries from step to step. */
export interface TrainState {
  /** Steps done. */
  readonly step: number;
  /** The model's parameters and buffers, and the loss's under `loss.`. */
  readonly params: Params;
  readonly optimizer: OptimizerState;
  /** Of a momentum twin. */
  readonly teacher?: TeacherState;
  /** Averages of the trained parameters, by path, of a run with `average`. */
  readonly average?: Params;
  /** What the watches of the run remember. Absent: nothing yet. */
  readonly memory?: RunMemory;
}

/** The tensors of a queue, without the identities of its rows. */
export type QueueTensors = Pick<EmbeddingQueue, 'image' | 'text'>;

/** The tensors of a teacher's state. */
export interface TeacherTensors {
  readonly params: Params;
  readonly queue?: QueueTensors;
}

/** The tensors of a state, by which steps are compiled. */
export interface StateTensors extends Pick<TrainState, 'params' | 'optimizer' | 'average'> {
  readonly teacher?: TeacherTensors;
}

export function tensorsOfState({
  params,
  optimizer,
  teacher,
  average,
}: StateTensors): StateTensors {
  const queue = teacher?.queue;
  return {
    params,
    optimizer,
    ...(teacher && {
      teacher: {
        params: teacher.params,
        ...(queue && { queue: { image: queue.image, text: queue.text } }),
      },
    }),
    ...(average && { average }),
  };
}

/** Disposes the tensors of `old` that are not also in `kept`. */
export function disposeReplaced(old: TrainState, kept: TrainState): void {
  const alive = new Set(tensorsOf(kept));
  for (const value of tensorsOf(old)) if (!alive.has(value)) value.dispose();
}

export function disposeState(state: TrainState): void {
  dispose(tensorsOf(state));
}

/**
 * The state with `[Symbol.dispose]`, so that a block can own it: `using state = await train(…)`
 * disposes the state's tensors at the end of the block.
 */
export function owned<State extends TrainState>(state: State): State & Disposable {
  // Not enumerable: copies of the state are not disposed twice, and states compare as plain data.
  const dispose = { value: () => disposeState(state) };
  return Object.defineProperty(state, Symbol.dispose, dispose) as State & Disposable;
}

/** The same state with another memory; an empty one is left out. */
export function withMemory(state: TrainState, memory: RunMemory): TrainState {
  const { memory: before, ...rest } = state;
  if (before === memory) return state;
  return Object.keys(memory).length === 0 ? rest : { ...rest, memory };
}

/** The same state in tensors of its own, which share their values with the old ones. */
export function copyOfState(state: TrainState): TrainState {
  const { step, params, optimizer, teacher, average, memory } = state;
  return {
    step,
    params: copyOf(params),
    optimizer: copyOf(optimizer),
    ...(teacher && { teacher: copyOfTeacher(teacher) }),
    ...(average && { average: copyOf(average) }),
    ...(memory && { memory }),
  };
}

function copyOf(tree: Params): Params {
  return mapParams(tree, (value) => value.clone());
}

function copyOfTeacher({ params, queue }: TeacherState): TeacherState {
  return {
    params: copyOf(params),
    ...(queue && { queue: { ...queue, image: queue.image.clone(), text: queue.text.clone() } }),
  };
}

function tensorsOf({ params, optimizer, teacher, average }: TrainState): Tensor[] {
  const queue = teacher?.queue;
  return [
    ...Object.values(params),
    ...Object.values(optimizer),
    ...Object.values(teacher?.params ?? {}),
    ...Object.values(average ?? {}),
    ...(queue === undefined ? [] : [queue.image, queue.text]),
  ];
}
