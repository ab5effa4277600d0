import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TextInput } from '@crossweave/core';
import type { TokenisedPairs } from '@crossweave/data';
import type { StepOptions } from '@crossweave/trainer';
import type { TrainConfig } from '../config/schema';
import type { Terminal } from '../terminal';
import { batchesOf } from './training';
import type { MeasuredSteps } from './measure-steps';
import { planLines, trainingPlan, type TrainingPlan } from './training-plan';
import { withBlankPictures } from './blank-pictures';

/** Columns of the drawn schedule. */
const columns = 60;

/** Prints what a run would be, and returns it. @param measured what a few steps took, if they were taken. */
export function showPlan(
  config: TrainConfig,
  pairs: TokenisedPairs,
  step: StepOptions<Tensor4D, TextInput>,
  terminal: Terminal,
  measured?: MeasuredSteps,
): TrainingPlan {
  const { stream, train, imageSize } = config.data;
  const batches =
    stream === undefined
      ? batchesOf(config, withBlankPictures(pairs.split(train), imageSize))
      : undefined;
  const plan = { ...trainingPlan(config, step, batches), ...(measured && { measured }) };
  const last = plan.steps - 1;
  const curve = Array.from({ length: Math.min(columns, plan.steps) }, (_, i, row = columns) => {
    const at = Math.round((i / Math.max(1, Math.min(row, plan.steps) - 1)) * last);
    return Math.max(...Object.values(step.optimizer.learningRates(at)));
  });
  terminal.line(planLines(plan, curve));
  return plan;
}
