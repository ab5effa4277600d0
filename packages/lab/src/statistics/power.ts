import { ConfigError } from '@crossweave/core';
import { studentQuantile } from './student';

export interface PowerOptions {
  /** Standard deviation of the paired differences between two arms. */
  readonly standardDeviation: number;
  /** Number of pairs (seeds), 2 or more. */
  readonly count: number;
  /** Default 0.05, two-sided. */
  readonly alpha?: number;
  /** Default 0.8. */
  readonly power?: number;
}

/**
 * The smallest true difference that a paired t-test over `count` seeds finds with the given power:
 * (t_{1−α/2} + t_{power})·s/√n, with n − 1 degrees of freedom (Bloom 1995). Within 1 % of the exact
 * non-central solution from six seeds on, 5 % below it at three.
 */
export function minimumDetectableEffect(options: PowerOptions): number {
  const { standardDeviation, count, alpha = 0.05, power = 0.8 } = options;
  if (!Number.isInteger(count) || count < 2 || !(standardDeviation >= 0)) {
    throw new ConfigError('power needs two pairs and a standard deviation', {
      where: 'minimumDetectableEffect',
      expected: 'count ≥ 2, standardDeviation ≥ 0',
      got: { count, standardDeviation },
    });
  }
  const quantiles = studentQuantile(1 - alpha / 2, count - 1) + studentQuantile(power, count - 1);
  return (quantiles * standardDeviation) / Math.sqrt(count);
}
