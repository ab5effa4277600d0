import type { PairSplit } from '@crossweave/core';
import { fitTemperature, labelledPairs, taskOutputs } from '@crossweave/lab';
import type { Session } from '../command';
import { trainedTask, type Trained } from './trained-task';
import { encode, towersOf } from './measure';

/** What `results.json` keeps of a calibration. */
export interface Calibration {
  /** The split it was fitted on. */
  readonly split: string;
  /** The head's outputs are divided by it before they become probabilities. */
  readonly temperature: number;
}

/**
 * The temperature that makes a task's probabilities honest on a validation split; none for a task
 * without probabilities or a split without labels.
 */
export async function calibrate(
  model: Trained,
  split: PairSplit,
  session: Session,
): Promise<Calibration | undefined> {
  const pairs = labelledPairs(split.records);
  if (!model.task.logits || pairs.length === 0) return undefined;
  const cache = await encode(towersOf(model), split, session);
  const outputs = await taskOutputs(trainedTask(model), cache, pairs, { signal: session.signal });
  const labels = pairs.map(({ label }) => label);
  return { split: split.name, temperature: fitTemperature(model.task, outputs, labels) };
}
