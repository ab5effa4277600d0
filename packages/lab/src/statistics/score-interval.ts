/**
 * Intervals of a mean that cannot leave a range: Wilson's score interval (1927) with an effective
 * number of draws in place of their number, as surveys do whose draws depend on each other (Korn
 * and Graubard 1998). Unlike mean ± t·standard error it stays within the range and keeps a
 * width at its ends.
 */

/** A mean within [0, 1], and of how many independent draws of 0 or 1 it would be as certain. */
export interface EffectiveShare {
  readonly share: number;
  readonly count: number;
}

/**
 * @param share the mean, in [0, 1].
 * @param variance of the mean, > 0.
 * @param queries that the mean is over, where known: then a share of 0 or 1 counts as half a
 *   query away from it (Anscombe 1956), so that the count stays above 0.
 */
export function effectiveShare(
  share: number,
  variance: number,
  queries: number | undefined,
): EffectiveShare {
  const smoothed = queries === undefined ? share : (queries * share + 0.5) / (queries + 1);
  return { share, count: (smoothed * (1 - smoothed)) / variance };
}

/** All p in [0, 1] with |share − p| ≤ quantile·√(p·(1 − p)/count). */
export function scoreInterval(
  { share, count }: EffectiveShare,
  quantile: number,
): [low: number, high: number] {
  const square = quantile ** 2 / count;
  const centre = (share + square / 2) / (1 + square);
  const half =
    (quantile / (1 + square)) * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  // The share is in its interval whatever rounding says, and neither leaves [0, 1].
  return [Math.max(0, Math.min(share, centre - half)), Math.min(1, Math.max(share, centre + half))];
}

/** The quantile at which the interval just reaches `hypothesis`, which lies within (0, 1). */
export function scoreStatistic({ share, count }: EffectiveShare, hypothesis: number): number {
  return Math.abs(share - hypothesis) * Math.sqrt(count / (hypothesis * (1 - hypothesis)));
}
