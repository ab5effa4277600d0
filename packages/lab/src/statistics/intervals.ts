import { randomWords, type Key } from '@crossweave/core';
import { checkOptions, number, requireNumber, type Checks } from '@crossweave/core/authoring';
import { randomKey } from '../checks/checks';
import { mean, quantile, requireValues, sampleVariance } from './moments';
import { studentQuantile } from './student';

/** An estimate with an interval of the given confidence around it. */
export interface Estimate {
  readonly mean: number;
  /** Null where all values are equal: they do not tell their spread. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** Student's interval of a mean: m ± t·s/√n. Needs two values. */
export function tInterval(values: ArrayLike<number>, confidence = 0.95): Estimate {
  requireNumber('tInterval', 'confidence', confidence, { above: 0, below: 1 });
  requireValues('tInterval', values, 2);
  const centre = mean(values);
  if (isConstant(values)) return { mean: centre, interval: null };
  const half =
    studentQuantile((1 + confidence) / 2, values.length - 1) *
    Math.sqrt(sampleVariance(values) / values.length);
  return { mean: centre, interval: [centre - half, centre + half] };
}

export interface BootstrapOptions {
  readonly key: Key;
  /** 100 to a million: fewer tell no percentiles. Default 10,000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

export const resamplesCheck = number({ integer: true, min: 100, max: 1e6 });

export const bootstrapChecks: Checks<BootstrapOptions> = {
  key: randomKey(),
  resamples: resamplesCheck,
  confidence: number({ above: 0, below: 1 }),
};

/**
 * The percentile bootstrap interval of a mean (Efron 1979), expanded for few values (Hesterberg
 * 2015). Same key, same interval. Needs two values.
 */
export function bootstrapInterval(values: ArrayLike<number>, options: BootstrapOptions): Estimate {
  checkOptions('bootstrapInterval', options, bootstrapChecks, ['key']);
  requireValues('bootstrapInterval', values, 2);
  const resamples = options.resamples ?? 10_000;
  const size = values.length;
  const centre = mean(values);
  if (isConstant(values)) return { mean: centre, interval: null };
  const draws = randomIndices(options.key, resamples * size, size);
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += values[draws[r * size + i]!]!;
    means[r] = sum / size;
  }
  const { confidence = 0.95 } = options;
  const wide = expanded(means, centre, size, confidence, Math.sqrt(size / (size - 1)));
  return { mean: centre, interval: percentiles(wide, confidence) };
}

/** Of so many degrees of freedom Student's quantile is the normal one, to six digits. */
const manyDegrees = 1e6;

/**
 * Resampled means with their distances from the centre enlarged: by `factor`, and as Student's
 * quantile of count − 1 degrees of freedom is beyond the normal one at this confidence.
 */
export function expanded(
  means: Float64Array,
  centre: number,
  count: number,
  confidence: number,
  factor = 1,
): Float64Array {
  const at = (1 + confidence) / 2;
  const scale = (factor * studentQuantile(at, count - 1)) / studentQuantile(at, manyDegrees);
  return means.map((value) => centre + scale * (value - centre));
}

export function percentiles(samples: Float64Array, confidence: number): [number, number] {
  return [quantile(samples, (1 - confidence) / 2), quantile(samples, (1 + confidence) / 2)];
}

function isConstant(values: ArrayLike<number>): boolean {
  return Array.from(values).every((value) => value === values[0]);
}

/** `count` indices in [0, limit). A 32-bit word times limit: the bias is below limit / 2^32. */
export function randomIndices(key: Key, count: number, limit: number): Uint32Array {
  return randomWords(key, count).map((word) => Math.floor((word / 2 ** 32) * limit));
}
