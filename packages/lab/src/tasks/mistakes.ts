import type { FittedTask, Label, TaskFigures } from '@crossweave/core';
import type { LabelledPair } from './task-loss';

/** A pair that a model is wrong about. */
export interface Mistake {
  /** Id of the image. */
  readonly image: string;
  readonly caption: string;
  /** What is right. */
  readonly label: string;
  /** What the model says. */
  readonly predicted: string;
  /** How sure it is, in [0, 1]. */
  readonly probability: number;
  /** What the floor without interaction says. */
  readonly floor?: string;
}

/** A mistake with the pair's place among the labelled pairs. */
export interface PlacedMistake extends Mistake {
  readonly pair: number;
}

/** Mistakes that are kept of a model. */
const most = 12;

/** A label for people. */
export function labelText(label: Label): string {
  return typeof label === 'object' ? label.join(', ') : String(label);
}

/**
 * The mistakes that a task's predictions are most sure of: of pairs whose outcome of accuracy (or of
 * an exact match of several classes) is 0. None for a task without probabilities.
 */
export function confidentMistakes(
  task: FittedTask,
  pairs: readonly LabelledPair[],
  outputs: Float32Array,
  { outcomes }: Pick<TaskFigures, 'outcomes'>,
): PlacedMistake[] {
  const right = outcomes[`${task.name}.accuracy`] ?? outcomes[`${task.name}.exactMatch`];
  if (right === undefined) return [];
  const wrong = pairs.flatMap(({ id, caption, label }, pair): PlacedMistake[] => {
    if (right[pair] !== 0) return [];
    const { label: said, probability } = predictionOf(task, outputs, pair);
    if (probability === undefined) return [];
    const texts = { label: labelText(label), predicted: labelText(said) };
    return [{ pair, image: id, caption, ...texts, probability }];
  });
  const surest = (a: PlacedMistake, b: PlacedMistake): number =>
    a.probability === b.probability ? a.pair - b.pair : b.probability - a.probability;
  return wrong.sort(surest).slice(0, most);
}

/** What a task predicts for a pair. */
export function predictionOf(
  task: FittedTask,
  outputs: Float32Array,
  pair: number,
): ReturnType<FittedTask['predict']> {
  return task.predict(outputs.subarray(pair * task.outputs, (pair + 1) * task.outputs));
}
