import type { Optimizer } from '@crossweave/core';
import { schedules } from '@crossweave/trainer';
import type { TrainConfig } from '../config/schema';

/** What a config of `train` asks for that has no effect, or makes all of it have none. */
export function trainingNotes(
  { training }: Pick<TrainConfig, 'training'>,
  optimizer: Pick<Optimizer, 'learningRates'>,
): string[] {
  const { steps, warmup, weightDecay, evaluate } = training;
  const schedule = training.schedule?.name ?? 'cosine';
  const { takes } = schedules[schedule as keyof typeof schedules];
  const warmsUp = (takes as readonly string[]).includes('warmup');
  return [
    ...zeroRates(optimizer, steps),
    ...(warmsUp && warmup >= steps
      ? [`The warm-up of ${warmup} steps does not end within the ${steps} of the run.`]
      : []),
    ...(!warmsUp && warmup > 0
      ? [`training.warmup (${warmup}) is not used: the schedule ${schedule} has its own.`]
      : []),
    ...(training.optimizer?.name === 'sgd' && weightDecay > 0
      ? [`training.weightDecay (${weightDecay}) is not used: sgd has no weight decay.`]
      : []),
    ...(evaluate !== undefined && evaluate.every > steps
      ? [
          `"${evaluate.split}" is never measured while training: every ${evaluate.every} steps, of ${steps}.`,
        ]
      : []),
  ];
}

/** How many steps are looked at. */
const samples = 64;

/** Says where no parameter has a learning rate any more. */
function zeroRates(optimizer: Pick<Optimizer, 'learningRates'>, steps: number): string[] {
  if (Object.keys(optimizer.learningRates(0)).length === 0) return [];
  const isZero = (step: number): boolean =>
    Object.values(optimizer.learningRates(step)).every((rate) => rate === 0);
  if (!isZero(steps - 1)) return [];
  let [moving, still] = [-1, steps - 1];
  for (let i = samples - 1; i >= 0 && moving < 0; i--) {
    const step = Math.floor((i * (steps - 1)) / samples);
    if (isZero(step)) still = step;
    else moving = step;
  }
  if (moving < 0) return ['All learning rates are 0: nothing is trained.'];
  while (still - moving > 1) {
    const middle = Math.floor((moving + still) / 2);
    if (isZero(middle)) still = middle;
    else moving = middle;
  }
  return [`All learning rates are 0 from step ${still + 1} on, of ${steps}.`];
}
