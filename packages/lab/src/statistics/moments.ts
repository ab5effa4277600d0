import { ConfigError } from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';

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

export function requireValues(where: string, values: ArrayLike<number>, count: number): void {
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
