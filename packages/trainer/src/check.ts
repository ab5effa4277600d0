import { ConfigError, DataError, type PooledFeatures } from '@crossweave/core';
import type { TrainOptions } from './train';

/** A number in [low, high) or a {@link ConfigError} that names the option; NaN is in no range. */
export function checkNumber(
  where: string,
  option: string,
  value: number,
  low: number,
  high = Infinity,
): number {
  if (value >= low && value < high) return value;
  throw new ConfigError(`${option} is out of range`, {
    where,
    expected:
      high === Infinity ? `a finite number, ${low} or more` : `a number in [${low}, ${high})`,
    got: value,
  });
}

/** A whole number ≥ `low`, or a {@link ConfigError} that names the option. */
export function checkCount(where: string, option: string, value: number, low = 1): number {
  if (Number.isSafeInteger(value) && value >= low) return value;
  throw new ConfigError(`${option} is out of range`, {
    where,
    expected: `a whole number, ${low} or more`,
    got: value,
  });
}

/** @throws ConfigError for a figure out of range, DataError when the data has no batch. */
export function checkTrainOptions<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): void {
  checkCount('train', 'steps', options.steps);
  if (options.evaluateEvery !== undefined)
    checkCount('train', 'evaluateEvery', options.evaluateEvery);
  if (options.checkpointEvery !== undefined)
    checkCount('train', 'checkpointEvery', options.checkpointEvery);
  if (options.start !== undefined) checkCount('train', 'start.step', options.start.step, 0);
  if (options.data.batchesPerEpoch < 1) {
    throw new DataError('the data has no batch', {
      where: 'train',
      got: `${options.data.batchesPerEpoch} batches of ${options.data.batchSize}`,
      advice: 'Lower the batch size, or look at why the split is empty.',
    });
  }
  const policy: string = options.onNonFinite ?? 'stop';
  if (policy !== 'stop' && policy !== 'skip') {
    throw new ConfigError('onNonFinite is not a policy', {
      where: 'train',
      expected: '"stop" or "skip"',
      got: policy,
    });
  }
}
