import { ConfigError, NonFiniteError } from '@crossweave/core';
import { count, requireValue } from '@crossweave/core/authoring';
import { empty, total } from './confusion';

/** Probabilities below it count as it: the logarithm stays finite. */
const least = 1e-15;

/** −ln of a probability, cut off at 1e-15. */
export function surprise(probability: number): number {
  return -Math.log(Math.min(1, Math.max(least, probability)));
}

/**
 * Mean −ln p of the true class, as scikit-learn's `log_loss`.
 *
 * @throws ConfigError for no sample, or a value that is no probability; NonFiniteError for NaN
 */
export function logLoss(ofTruth: readonly number[]): number {
  if (ofTruth.length === 0) throw empty('logLoss');
  requireProbabilities('logLoss', ofTruth);
  return total(ofTruth.map(surprise)) / ofTruth.length;
}

/**
 * Brier's score of one sample, Σ_k (p_k − y_k)² over the classes, in [0, 2]; its mean over samples is
 * scikit-learn's `brier_score_loss` without scaling.
 */
export function brierOf(probabilities: ArrayLike<number>, truth: number): number {
  return total(Array.from(probabilities, (p, k) => (p - (k === truth ? 1 : 0)) ** 2));
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** The bin holds confidences in (from, to]; the first one 0 as well. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence of its samples. */
  readonly confidence: number;
  /** Share of them that are right. */
  readonly accuracy: number;
}

/** Softmax in float32 may sum to a little more than 1. */
const slack = 1e-6;

function requireProbabilities(where: string, values: readonly number[]): void {
  values.forEach((value, i) => {
    if (Number.isNaN(value)) {
      throw new NonFiniteError('a probability is not a number', {
        where,
        got: `NaN at place ${i}`,
      });
    }
    if (typeof value === 'number' && value >= -slack && value <= 1 + slack) return;
    throw new ConfigError('a value is no probability', {
      where,
      expected: 'numbers in [0, 1]',
      got: `${JSON.stringify(value) as string | undefined} at place ${i}`,
    });
  });
}

/**
 * What a reliability diagram draws: the bins that have samples, of `bins` of equal width.
 *
 * @throws ConfigError for lists that differ in length, values that are no probabilities, or no bin;
 *   NonFiniteError for NaN
 */
export function reliability(
  confidences: readonly number[],
  right: readonly boolean[],
  bins = 15,
): ReliabilityBin[] {
  const where = 'reliability';
  requireValue(where, 'bins', bins, count());
  requireProbabilities(where, confidences);
  if (right.length !== confidences.length) {
    throw new ConfigError('confidences and outcomes differ in number', {
      where,
      expected: confidences.length,
      got: right.length,
    });
  }
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  confidences.forEach((confidence, i) => {
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))]!;
    bin.count++;
    bin.confidence += confidence;
    bin.right += right[i] === true ? 1 : 0;
  });
  return sums.flatMap(({ count, confidence, right: hits }, i) =>
    count === 0
      ? []
      : [
          {
            from: i / bins,
            to: (i + 1) / bins,
            count,
            confidence: confidence / count,
            accuracy: hits / count,
          },
        ],
  );
}

/**
 * Expected calibration error, the mean over samples of |accuracy − confidence| of their bin (Guo et
 * al., arXiv 1706.04599, eq. 3), as torchmetrics' with the l1 norm.
 */
export function calibrationError(
  confidences: readonly number[],
  right: readonly boolean[],
  bins = 15,
): number {
  if (confidences.length === 0) throw empty('calibrationError');
  return (
    total(
      reliability(confidences, right, bins).map(
        ({ count, confidence, accuracy }) => count * Math.abs(accuracy - confidence),
      ),
    ) / confidences.length
  );
}
