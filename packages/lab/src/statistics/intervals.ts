import { randomWords, type Key } from '@crossweave/core';
import { mean, quantile, requireValues, sampleVariance } from './moments';
import { studentQuantile } from './student';

/** An estimate with an interval of the given confidence around it. */
export interface Estimate {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number];
}

/** Student's interval of a mean: m ± t·s/√n. Needs two values. */
export function tInterval(values: ArrayLike<number>, confidence = 0.95): Estimate {
  requireValues('tInterval', values, 2);
  const centre = mean(values);
  const half =
    studentQuantile((1 + confidence) / 2, values.length - 1) *
    Math.sqrt(sampleVariance(values) / values.length);
  return { mean: centre, interval: [centre - half, centre + half] };
}

export interface BootstrapOptions {
  readonly key: Key;
  /** Default 10,000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

/** The percentile bootstrap interval of a mean (Efron 1979). Same key, same interval. */
export function bootstrapInterval(values: ArrayLike<number>, options: BootstrapOptions): Estimate {
  requireValues('bootstrapInterval', values, 1);
  const resamples = options.resamples ?? 10_000;
  const count = values.length;
  const draws = randomIndices(options.key, resamples * count, count);
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[draws[r * count + i]!]!;
    means[r] = sum / count;
  }
  return { mean: mean(values), interval: percentiles(means, options.confidence ?? 0.95) };
}

export function percentiles(samples: Float64Array, confidence: number): [number, number] {
  return [quantile(samples, (1 - confidence) / 2), quantile(samples, (1 + confidence) / 2)];
}

/** `count` indices in [0, limit). A 32-bit word times limit: the bias is below limit / 2^32. */
export function randomIndices(key: Key, count: number, limit: number): Uint32Array {
  return randomWords(key, count).map((word) => Math.floor((word / 2 ** 32) * limit));
}
