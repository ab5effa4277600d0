import type { PairSplit } from '@crossweave/core';
import {
  divided,
  fitTemperature,
  labelledPairs,
  taskOutputs,
  type Thresholds,
} from '@crossweave/lab';
import type { Session } from '../command';
import { correctionOf, trainedTask, type Trained } from './trained-task';
import { encode, towersOf } from './measure';

/** What `results.json` keeps of a calibration. */
export interface Calibration {
  /** The split it was fitted on. */
  readonly split: string;
  /** The head's outputs, corrected for sampled classes, are divided by it before they become probabilities. */
  readonly temperature: number;
  /** The same where one side alone is there, of a model that accepts a missing side. */
  readonly alone?: { readonly image: number; readonly text: number };
  /** Of a task that fits thresholds: those for the probabilities that the temperatures give. */
  readonly thresholds?: Thresholds;
  /** Classes that no pair of the split has: they keep the threshold of the task's options. */
  readonly withoutPositives?: readonly string[];
}

/**
 * The temperature that makes a task's probabilities honest on a validation split, and the thresholds
 * of largest F1 for a task that fits them; none for a task without probabilities or a split without
 * labels.
 *
 * @param store folder in which the features are kept; default none
 */
export async function calibrate(
  model: Trained,
  split: PairSplit,
  session: Session,
  store?: string,
): Promise<Calibration | undefined> {
  const pairs = labelledPairs(split.records);
  if (!model.task.logits || pairs.length === 0) return undefined;
  const cache = await encode(towersOf(model), split, session, store);
  const labels = pairs.map(({ label }) => label);
  const fitted = async (only?: 'image' | 'text') => {
    const outputs = await taskOutputs(trainedTask(model), cache, pairs, {
      signal: session.signal,
      ...correctionOf(model),
      ...(only !== undefined && { only }),
    });
    const temperature = fitTemperature(model.task, outputs, labels);
    const decided = model.task.thresholds?.fit(divided(outputs, temperature), labels);
    return { temperature, decided };
  };
  const both = await fitted();
  const alone =
    model.parts.fusion.takesMissing === true
      ? { image: await fitted('image'), text: await fitted('text') }
      : undefined;
  return {
    split: split.name,
    temperature: both.temperature,
    ...(alone && {
      alone: { image: alone.image.temperature, text: alone.text.temperature },
    }),
    ...(both.decided && {
      thresholds: {
        both: both.decided.values,
        ...(alone?.image.decided && { image: alone.image.decided.values }),
        ...(alone?.text.decided && { text: alone.text.decided.values }),
      },
      withoutPositives: both.decided.withoutPositives,
    }),
  };
}
