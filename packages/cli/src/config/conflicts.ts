import { ConfigError } from '@crossweave/core';
import type { TrainConfig } from './schema';

/** Figures of `training` with their defaults, which optimizers and schedules take as options too. */
const inOptimizers = { weightDecay: 0.01, clipNorm: 1 } as const;

/**
 * @throws ConfigError for a figure that is said twice with two values, and for a split of two uses of which
 *   one spoils the other
 */
export function requireNoConflict({ data, task, training }: TrainConfig): void {
  const { optimizer, schedule, evaluate, learningRate } = training;
  const options = optimizer?.options ?? {};
  const own = options['learningRate'];
  if (own !== undefined && Object.keys(learningRate).length > 0) {
    throw twice('learningRate', 'optimizer', own, learningRate);
  }
  for (const [name, usual] of Object.entries(inOptimizers)) {
    const given = training[name as keyof typeof inOptimizers];
    if (options[name] === undefined || options[name] === given || given === usual) continue;
    throw twice(name, 'optimizer', options[name], given);
  }
  const warmup = schedule?.options['warmup'];
  if (warmup !== undefined && warmup !== training.warmup && training.warmup > 0) {
    throw twice('warmup', 'schedule', warmup, training.warmup);
  }
  if (evaluate?.best !== undefined && evaluate.split === data.test) {
    throw reported(
      'training.evaluate.split',
      evaluate.split,
      'another split to choose the best state by',
      'Choosing by the test split makes its figures too good: name a validation split.',
    );
  }
  if (task !== undefined && data.val === data.test) {
    throw reported(
      'data.val',
      data.val,
      'another split to calibrate the probabilities by',
      'Calibrating by the test split makes its figures too good. Where there is no other, have one made of train: --hold-out calibration=0.1 --set data.val=calibration.',
    );
  }
}

function twice(name: string, part: string, inPart: unknown, inTraining: unknown): ConfigError {
  return new ConfigError(`"${name}" is said twice`, {
    where: 'crossweave train',
    expected: `training.${name}, or the same in training.${part}.options`,
    got: `${JSON.stringify(inTraining)} and ${JSON.stringify(inPart)}`,
    advice: 'Leave one of them out.',
  });
}

function reported(path: string, split: string, expected: string, advice: string): ConfigError {
  return new ConfigError(`"${path}" is the split that is reported`, {
    where: 'crossweave train',
    expected,
    got: split,
    advice,
  });
}
