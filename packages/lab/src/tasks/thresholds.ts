import type { FittedThresholds } from '@crossweave/core';
import { fields, listOf, number } from '@crossweave/core/authoring';
import { fromCounts } from '../metrics/confusion';

/**
 * Fitted thresholds [K] of a task (`FittedTask.thresholds`), by the sides that a pair has. A case
 * without thresholds is decided by the task's own.
 */
export interface Thresholds {
  readonly both: FittedThresholds['values'];
  /** Of pairs that have only the image. */
  readonly image?: FittedThresholds['values'];
  /** Of pairs that have only the text. */
  readonly text?: FittedThresholds['values'];
}

/** A check of one threshold for each class. */
export const thresholdList = listOf(number({ above: 0, below: 1 }), { min: 1 });

/** A check of {@link Thresholds}, for packages that keep them. */
export const thresholdsCheck = fields(
  { both: thresholdList, image: thresholdList, text: thresholdList },
  ['both'],
);

/** The probability of a class for a pair, and whether the pair has the class. */
export interface Decision {
  readonly probability: number;
  readonly has: boolean;
}

/**
 * The threshold t for which F1 of "given where probability > t" is largest (on such
 * thresholds: Lipton et al., arXiv 1402.1892). All thresholds between two neighbouring probabilities
 * decide alike: of them it is `usual` if it lies there, else the middle. Of thresholds with equal F1
 * it is the nearest to `usual`.
 *
 * @param usual in (0, 1); the result where no decision has the class.
 * @param missed pairs that have a class which is never given.
 */
export function bestThreshold(decisions: readonly Decision[], usual: number, missed = 0): number {
  const sorted = [...decisions].sort((a, b) => b.probability - a.probability);
  const support = missed + sorted.filter(({ has }) => has).length;
  let best = { f1: 0, threshold: usual };
  let right = 0;
  for (let given = 1; given <= sorted.length; given++) {
    const { probability: upper, has } = sorted[given - 1]!;
    if (has) right++;
    // The probability of the first decision that is not given; equal ones are given together.
    const lower = sorted[given]?.probability ?? 0;
    if (lower === upper) continue;
    const { f1 } = fromCounts(right, given, support);
    const threshold = between(lower, upper, usual);
    const nearer = Math.abs(threshold - usual) < Math.abs(best.threshold - usual);
    if (threshold > 0 && (f1 > best.f1 || (f1 === best.f1 && f1 > 0 && nearer))) {
      best = { f1, threshold };
    }
  }
  return best.threshold;
}

/** A threshold in [lower, upper). */
function between(lower: number, upper: number, usual: number): number {
  if (lower <= usual && usual < upper) return usual;
  const middle = (lower + upper) / 2;
  return middle < upper ? middle : lower;
}
