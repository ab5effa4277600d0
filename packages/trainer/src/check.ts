import { ConfigError } from '@crossweave/core';

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
