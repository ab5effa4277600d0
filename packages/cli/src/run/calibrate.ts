import type { PairSplit } from '@crossweave/core';
import { fitTemperature, labelledPairs, taskOutputs } from '@crossweave/lab';
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
}

/**
 * The temperature that makes a task's probabilities honest on a validation split; none for a task
 * without probabilities or a split without labels.
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
  const fitted = async (only?: 'image' | 'text'): Promise<number> => {
    const outputs = await taskOutputs(trainedTask(model), cache, pairs, {
      signal: session.signal,
      ...correctionOf(model),
      ...(only !== undefined && { only }),
    });
    return fitTemperature(model.task, outputs, labels);
  };
  const temperature = await fitted();
  if (model.parts.fusion.takesMissing !== true) return { split: split.name, temperature };
  const alone = { image: await fitted('image'), text: await fitted('text') };
  return { split: split.name, temperature, alone };
}
