import { checkOptions, count as countCheck, number } from '@crossweave/core/authoring';
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
 *
 * @throws ConfigError for an option out of range.
 */
export function minimumDetectableEffect(options: PowerOptions): number {
  const level = number({ above: 0, below: 1 });
  checkOptions(
    'minimumDetectableEffect',
    options,
    {
      standardDeviation: number({ min: 0 }),
      count: countCheck(2),
      alpha: level,
      power: level,
    },
    ['standardDeviation', 'count'],
  );
  const { standardDeviation, count, alpha = 0.05, power = 0.8 } = options;
  const quantiles = studentQuantile(1 - alpha / 2, count - 1) + studentQuantile(power, count - 1);
  return (quantiles * standardDeviation) / Math.sqrt(count);
}
