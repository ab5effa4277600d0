import { ConfigError } from '@crossweave/core';
import { requireNumber, requireValue } from '@crossweave/core/authoring';

/** A Set or a number has no length, and would pass as a list without a wrong entry. */
const list = {
  expected: 'a list of numbers',
  accepts: (value: unknown) => Array.isArray(value) || ArrayBuffer.isView(value),
};

export function mean(values: ArrayLike<number>): number {
  requireValues('mean', values, 1);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** The unbiased variance (divisor n − 1); needs two values. */
export function sampleVariance(values: ArrayLike<number>): number {
  requireValues('sampleVariance', values, 2);
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return sum / (values.length - 1);
}

/** The root of {@link sampleVariance}. */
export function standardDeviation(values: ArrayLike<number>): number {
  return Math.sqrt(sampleVariance(values));
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** The quantile by linear interpolation between order statistics (NumPy's default). */
export function quantile(values: ArrayLike<number>, probability: number): number {
  requireNumber('quantile', 'probability', probability, { min: 0, max: 1 });
  requireValues('quantile', values, 1);
  const sorted = Float64Array.from(values).sort();
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (position - below) * (high - low);
}

/** @throws ConfigError for what is no list, too few values, or one that is no finite number. */
export function requireValues(where: string, values: ArrayLike<number>, count: number): void {
  requireValue(where, 'values', values, list);
  if (values.length < count) {
    throw new ConfigError('there are too few values', {
      where,
      expected: `${count} or more`,
      got: values.length,
    });
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) {
      throw new ConfigError(`value ${i} is not finite`, { where, got: values[i] });
    }
  }
}
